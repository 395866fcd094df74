import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
from pathlib import Path

import pytest

from lexloom.errors import ArtifactError, GraphError, UsageError
from lexloom.graph import GraphStore
from lexloom.seeds import generator


def list_lines(store):
    return list(store.lines())


HOSTILE = [
    "'; DROP TABLE facts; --",
    'Robert"); DELETE FROM names; --',
    "👩‍👩‍👧‍👦 Familie 🇨🇳",
    "a\0b",
    "\0",
    "\ud800 lone",
    "\x1b[31mred\x07",
    "<script>alert('x')</script> & ]]>",
    "%_[a-z]*?",
    "\u202eright to left",
    "e\u0301",
    "\ufffe\uffff",
    "长" * 1000,
    "x" * 1_000_000,
    "id:1",
    "1",
]

ADD_FOREVER = textwrap.dedent(
    """
    import sys
    from lexloom.graph import GraphStore
    from lexloom.records import *

    def extraction(number):
        names = [f"name {number} {i}" for i in range(20)]
        entities = tuple(
            Entity(f"e{i}", "T", name, i * 20, i * 20 + len(name)) for i, name in enumerate(names)
        )
        relations = tuple(Relation("p", f"e{i}", f"e{i + 1}") for i in range(19))
        events = tuple(
            Event("E", Span("x", i, i + 1), (Argument("r", "y", i, i + 1, 1.0, f"e{i}"),))
            for i in range(5)
        )
        return Extraction(
            DocumentRef(f"d{number}", str(number)), entities, relations, events,
            Coverage(400, 400, 1), Provenance("m", "h", "s", "0", "t"),
        )

    with GraphStore.open(sys.argv[1]) as store:
        for number in range(int(sys.argv[2]), 10**9):
            store.add(extraction(number))
            print(number, flush=True)
    """
)

ROWS_OF_DOCUMENTS = """
    SELECT d.name,
      (SELECT count(*) FROM readings AS r JOIN mentions AS m ON m.reading_id = r.id
       WHERE r.document_id = d.id),
      (SELECT count(*) FROM readings AS r JOIN mentions AS m ON m.reading_id = r.id
       JOIN evidence AS e ON e.subject_mention = m.id WHERE r.document_id = d.id),
      (SELECT count(*) FROM readings AS r JOIN events AS v ON v.reading_id = r.id
       JOIN arguments AS a ON a.event_id = v.id WHERE r.document_id = d.id)
    FROM documents AS d
"""


def test_a_killed_writer_leaves_only_whole_documents(tmp_path, check_invariants):
    path = tmp_path / "kg.sqlite"
    chance = generator(7, "kill")
    committed = -1
    for _ in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", ADD_FOREVER, str(path), str(committed + 1)],
            stdout=subprocess.PIPE,
        )
        killer = None
        for line in writer.stdout:
            committed = int(line)
            if killer is None:  # some moment after the first document, wherever the writer is then
                killer = threading.Timer(chance.uniform(0, 0.15), writer.send_signal, [9])
                killer.start()
        assert writer.wait() == -signal.SIGKILL
        writer.stdout.close()
        with GraphStore.open(path, create=False) as store:
            check_invariants(store._connection)
            rows = store._connection.execute(ROWS_OF_DOCUMENTS).fetchall()
        assert {row[1:] for row in rows} == {(20, 19, 5)}
        present = {int(row[0][1:]) for row in rows}
        assert present >= set(range(committed + 1)), "a document that was reported is gone"
        assert len(present) <= committed + 2, "more than the document in flight"
        committed = max(present)


@pytest.fixture
def full(store, read):
    """A graph whose disk has no room for another page."""
    store.add(read("before", [("Ada", "knows", "Bob")]).extraction)
    store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    return store


def test_a_full_disk_is_named_and_what_was_there_stays(full, read, check_invariants):
    big = read("big", [(f"{n} " + "x" * 5000, "knows", "Bob") for n in range(20)])
    with pytest.raises(GraphError, match=r"the disk is full.*added before are safe"):
        full.add(big.extraction)
    check_invariants(full._connection)
    assert [document.id for document in full.documents()] == ["before"]
    full._connection.execute("PRAGMA max_page_count = 100000")
    assert full.add(big.extraction).status == "added"


def test_a_disk_that_refuses_the_log_is_named_in_one_sentence(tmp_path):
    def no_large_files():
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    path = tmp_path / "kg.sqlite"
    done = subprocess.run(
        [sys.executable, "-c", ADD_FOREVER, str(path), "0"],
        preexec_fn=no_large_files,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("lexloom.errors.GraphError: cannot ")
    assert "the documents added before are safe" in last
    with GraphStore.open(path, create=False) as store:
        held = {document.id for document in store.documents()}
    assert held == {f"d{number}" for number in done.stdout.split()}


@pytest.fixture
def read_only_folder(read):
    """A folder with a graph in it that this process may read but not write, even as root."""
    user = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with GraphStore.open(folder / "kg.sqlite") as store:
            store.add(read("d", [("Ada", "knows", "Bob")]).extraction)
        folder.chmod(0o555)
        if user == 0:
            os.seteuid(65534)  # root may write everywhere, so be nobody for a while
        yield folder
        os.seteuid(user)
        folder.chmod(0o755)


@pytest.mark.parametrize("name", ["kg.sqlite", "new.sqlite"])
def test_a_read_only_folder_is_named(read_only_folder, name):
    with pytest.raises(
        GraphError, match=r"cannot (open|write) .*: the file or its folder"
    ) as error:
        GraphStore.open(read_only_folder / name)
    assert error.value.hint
    assert error.value.exit_code == 1


def test_a_reader_works_while_another_process_writes(tmp_path):
    path = tmp_path / "kg.sqlite"
    writer = subprocess.Popen(
        [sys.executable, "-c", ADD_FOREVER, str(path), "0"], stdout=subprocess.PIPE
    )
    seen = []
    try:
        for _ in range(3):
            writer.stdout.readline()
        with GraphStore.open(path, create=False) as store:
            for _ in range(20):
                stats = store.stats()
                seen.append(stats.documents)
                assert (stats.mentions, stats.facts, stats.events) == (
                    20 * stats.documents,
                    19 * stats.documents,
                    5 * stats.documents,
                )
                writer.stdout.readline()
    finally:
        writer.kill()
        writer.wait()
        writer.stdout.close()
    assert seen == sorted(seen)
    assert seen[-1] > seen[0] >= 3


def test_a_graph_that_is_being_written_is_locked_for_others(tmp_path, read):
    path = tmp_path / "kg.sqlite"
    with GraphStore.open(path) as first, GraphStore.open(path, timeout_s=0.05) as second:
        first._connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(GraphError, match=r"is locked.*wait until it ends"):
            second.add(read("d").extraction)
        first._connection.execute("ROLLBACK")
        assert second.add(read("d").extraction).status == "added"


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: ascii(name[:20]))
def test_any_name_goes_in_and_comes_out_as_it_was(store, read, name):
    reading = read("d", [(name, "knows", "Bob")], events=[(name, {name: name})], type=name)
    assert store.add(reading.extraction, reading.text).new_facts == 1
    entity = store.search(name)[0]
    assert (entity.name, entity.type) == (name, name)
    detail = store.show(entity.id)
    assert detail.facts[0].subject.name == name
    assert detail.events[0].arguments[0].role == name
    assert detail.mentions[0].span.text == name
    assert [json.loads(line)["kind"] for line in store.lines()].count("fact") == 1
    assert store.forget("d").facts == 1


@pytest.mark.parametrize("id_", HOSTILE, ids=lambda name: ascii(name[:20]))
def test_any_document_id_can_be_forgotten(store, read, id_):
    reading = read(id_, [("Ada", "knows", "Bob")])
    store.add(reading.extraction, reading.text)
    assert store.show("Ada").mentions[0].source.document == id_
    store.forget(id_)
    assert store.documents() == ()


def test_what_is_forgotten_leaves_no_bytes_in_the_files(store, read, tmp_path):
    secret = read("d1", [("Zaphod Beeblebrox", "knows", "Bob")])
    store.add(secret.extraction, secret.text)
    store.add(read("d2", [("Ada", "knows", "Bob")]).extraction)
    held = [path for path in tmp_path.iterdir() if b"Zaphod" in path.read_bytes()]
    assert held
    store.forget("d1")
    assert [path for path in tmp_path.iterdir() if b"eeblebrox" in path.read_bytes()] == []


def test_bytes_that_a_reader_still_needs_are_warned_of(store, read, tmp_path, caplog):
    store.add(read("d1", [("Ada", "knows", "Bob")]).extraction)
    with GraphStore.open(tmp_path / "kg.sqlite", timeout_s=0.05) as reader:
        lines = reader.lines()
        next(lines)
        store._connection.execute("PRAGMA busy_timeout = 10")
        store.forget("d1")
        lines.close()
    assert "the bytes of d1 stay in its log" in caplog.text


def test_an_extraction_that_contradicts_itself_adds_nothing(store, read):
    reading = read("d", [("Ada", "knows", "Bob")])
    with pytest.raises(GraphError, match="SHA-256 differs"):
        store.add(reading.extraction, "another text")
    assert store.stats().documents == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda store: store.search("x", limit=0),
        lambda store: store.show("x", limit=-1),
        lambda store: store.documents(limit=0),
        lambda store: store.neighbours("x", limit=0),
        lambda store: store.neighbours("x", depth=0),
    ],
)
def test_a_limit_below_one_is_a_wrong_usage(store, call):
    with pytest.raises(UsageError, match=r"must be at least 1, got (0|-1)"):
        call(store)


def test_an_unknown_format_is_a_wrong_usage(store):
    with pytest.raises(UsageError, match="must be one of jsonl, graphml, got 'rdf'"):
        list(store.lines("rdf"))


def test_an_export_is_the_lines_and_their_number(store, read, tmp_path):
    store.add(read("d", [("Ada", "knows", "Bob")]).extraction)
    out = tmp_path / "new" / "kg.jsonl"
    assert store.export(out) == len(out.read_text("utf-8").splitlines()) == 4
    assert out.read_text("utf-8").splitlines() == list(store.lines())


@pytest.mark.parametrize("way", ["kg.sqlite", "d/../kg.sqlite", "link", "hard link"])
def test_a_graph_is_not_exported_over_itself(store, tmp_path, way):
    (tmp_path / "d").mkdir()
    (tmp_path / "link").symlink_to("kg.sqlite")
    (tmp_path / "hard link").hardlink_to(tmp_path / "kg.sqlite")
    with pytest.raises(GraphError, match="over itself"):
        store.export(tmp_path / way)


def test_an_export_that_cannot_be_written_is_named(store, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ArtifactError, match="cannot write"):
        store.export(tmp_path / "file" / "out.jsonl")


def test_a_closed_graph_says_so(tmp_path):
    with GraphStore.open(tmp_path / "kg.sqlite") as store:
        pass
    with pytest.raises(GraphError, match="closed database"):
        store.stats()


def test_importing_the_graph_loads_no_torch():
    code = "import sys, lexloom.graph, lexloom.cli.graph; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("limit", [2**53, 2**63, 10**30])
def test_a_limit_beyond_all_counting_leaves_nothing_out(store, read, limit):
    store.add(read("d", [("Ada", "knows", "Bob")]).extraction)
    assert len(store.documents(limit)) == 1
    assert len(store.search("a", limit)) == 1
    assert store.show("Ada", limit).num_facts == 1
    assert len(store.neighbours("Ada", depth=limit, limit=limit).facts) == 1


@pytest.mark.parametrize("ask", [lambda s: s.documents(), lambda s: s.show("Ada"), list_lines])
def test_a_graph_with_altered_names_says_that_it_is_damaged(store, read, tmp_path, ask):
    store.add(read("dokument", [("Ada", "knows", "Bobxyz")]).extraction)
    store.close()
    path = tmp_path / "kg.sqlite"
    for name in (b"dokument", b"Bobxyz"):
        path.write_bytes(path.read_bytes().replace(name, b"\xff" + name[1:]))
    with (
        GraphStore.open(path) as damaged,
        pytest.raises(GraphError, match=r"kg\.sqlite is damaged"),
    ):
        ask(damaged)
