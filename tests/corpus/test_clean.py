import json
import pickle
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus.clean import CleanConfig, Cleaner, copies, digest_of, with_values
from lexloom.corpus.decontaminate import DecontaminateConfig, read_evaluation
from lexloom.corpus.phrases import PhraseTable
from lexloom.errors import ConfigError
from lexloom.records import Document, Failure

EN = (
    "A knowledge graph is made of entities and of the relations between them, and every fact in "
    "it points at the characters that it was read from, so that a reader can check each one."
)
NAMES = {"books": "books"}


@dataclass(frozen=True)
class MarkedDocument:
    """A document as a reader that knows markup gives it."""

    id: str
    text: str
    source: str
    markup: str


def clean(text, *, id="books/a.txt", config=None, **options):
    options = {"weights": {}, **options}
    cleaner = Cleaner(config or CleanConfig(), NAMES, **options)
    return cleaner(Document(id, text, source=id))


def test_a_kept_document_is_a_line_with_its_source_and_kind():
    outcome = clean(f"{EN}\r\n")
    assert outcome.reason == ""
    assert json.loads(outcome.line) == {
        "id": "books/a.txt",
        "text": EN,
        "source": "books",
        "kind": "en",
    }
    assert outcome.num_characters == len(EN) + 2
    assert outcome.num_kept_characters == len(EN)


def test_markup_goes_where_the_reader_names_one():
    document = MarkedDocument("a.md", f"# Title\n\n{EN} [link](x)", "a.md", "markdown")
    text = json.loads(Cleaner(CleanConfig(), NAMES)(document).line)["text"]
    assert text == f"Title\n\n{EN} link"
    kept = Cleaner(CleanConfig(strip_markup=False), NAMES)(document)
    assert json.loads(kept.line)["text"] == document.text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "too_short"),
        ("Dies ist ein deutscher Satz, der lang genug ist, um zu gelten. " * 2, "kind_other"),
        (f"{EN} A forbidden thing.", "harmful"),
        ("Click here\n" * 30 + EN, "boilerplate"),
        ("\n".join(f"x{n} = {n}" for n in range(9)) + "\n# do not edit", "code_generated"),
        (f"Question: {EN}", "contaminated"),
    ],
)  # fmt: skip
def test_each_stage_drops_with_its_reason(text, reason):
    evaluation = None
    if reason == "contaminated":
        evaluation = read_evaluation([EN], DecontaminateConfig())
    outcome = clean(text, evaluation=evaluation, harmful=PhraseTable(["forbidden thing"]))
    assert outcome.reason == reason
    assert outcome.line == b""
    assert outcome.fingerprint is None


def test_a_document_over_the_limit_is_not_looked_at():
    assert clean("a" * 11, config=CleanConfig(max_characters=10)).reason == "too_long"


def test_passages_can_be_cut_from_a_document_that_stays():
    config = CleanConfig(kinds=("en", "other"), decontaminate=DecontaminateConfig(remove="passage"))
    question = " ".join(f"word{n}" for n in range(20))
    evaluation = read_evaluation([question], config.decontaminate)
    outcome = clean(f"{EN}\n{question}\nend", config=config, evaluation=evaluation)
    assert json.loads(outcome.line)["text"] == f"{EN}\nend"
    assert clean(question, config=config, evaluation=evaluation).reason == "contaminated"


def test_weights_give_copies_or_drop():
    outcome = clean(EN, weights={"books": 3.0})
    assert [json.loads(line)["id"] for line in copies(outcome)] == [
        "books/a.txt",
        "books/a.txt#2",
        "books/a.txt#3",
    ]
    assert clean(EN, weights={"books": 0.0}).reason == "not_sampled"


def test_rejects_are_kept_with_their_text_if_asked_for():
    outcome = clean("Short text.", keep_rejects=True)
    assert json.loads(outcome.line)["text"] == "Short text."


def test_a_failure_is_passed_on():
    failure = Failure("a", "cannot read a")
    outcome = Cleaner(CleanConfig(), NAMES)(failure)
    assert (outcome.failure, outcome.reason) == (failure, "failed")


def test_lines_can_be_added_to():
    assert json.loads(with_values(b'{"a": 1}\n', b="字")) == {"a": 1, "b": "字"}
    assert json.loads(with_values(b"{}\n", b=2)) == {"b": 2}


def test_the_digest_tells_ids_and_texts_apart():
    records = [Document("a", "b"), Document("ab", ""), Document("a", "c"), Failure("a", "x")]
    assert len({digest_of(record) for record in records}) == 4


def test_the_function_can_be_sent_to_a_worker():
    cleaner = Cleaner(CleanConfig(), NAMES, harmful=PhraseTable(["a b"]))
    document = Document("a", EN)
    assert pickle.loads(pickle.dumps(cleaner))(document).line == cleaner(document).line


@given(st.text(st.characters(), max_size=300), st.text(st.characters(), min_size=1, max_size=9))
def test_any_text_gives_an_outcome_that_can_be_written(text, id):
    cleaner = Cleaner(CleanConfig(kinds=("zh", "en", "code", "other")), NAMES, keep_rejects=True)
    outcome = cleaner(Document(id, text, source=id))
    values = json.loads(outcome.line.decode("utf-8"))
    assert values["id"] == id
    assert (outcome.fingerprint is None) == bool(outcome.reason)


def test_settings_out_of_range_are_refused():
    with pytest.raises(ConfigError, match="no kind 'fr'") as caught:
        CleanConfig(kinds=("fr",))
    assert "zh, en, code, other" in caught.value.hint
    with pytest.raises(ConfigError, match="max_characters must be at least 1"):
        CleanConfig(max_characters=0)
