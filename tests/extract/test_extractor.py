import math

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lexloom
from doubles import SCHEMA, eager, tiny_config, tiny_extractor, tiny_model
from lexloom.annotations.schema import EntityType, Schema
from lexloom.errors import ArtifactError
from lexloom.extract import extractor as module
from lexloom.extract.decode import DecodeConfig
from lexloom.extract.extractor import EncoderExtractor
from lexloom.records import Document, Extraction, Failure, text_sha256

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
LOW = eager(0.1)
STRICT = eager(0.005)
characters = st.one_of(
    st.characters(exclude_categories=()),  # lone surrogates too
    st.sampled_from("ab1 中北京，。\u0301\u0303😀🇨🇳𠀀한ﬁß\u200d\x00\ufffd\ud800\udc00\r\n"),
)
texts = st.one_of(
    st.text(characters, max_size=40),
    st.lists(
        st.sampled_from(
            ["Ann lives in Paris. ", "李明在北京工作。", "Bob met Carl\r\n", f"{FAMILY}!",
             "cafe\u0301 ", "Zu\u0308rich，", "\ud83d", "한국 ", "\n\n", "in 2024 he left IBM"]
        ),
        max_size=8,
    ).map("".join),
)  # fmt: skip


@pytest.fixture(scope="module")
def extractor():
    """A random model that finds many facts; it reads one sentence at a time."""
    return tiny_extractor(decode=LOW, window_sentences=1)


def assert_verbatim(text, extraction):
    arguments = [a for event in extraction.events for a in event.arguments]
    triggers = [event.trigger for event in extraction.events]
    for span in (*extraction.entities, *triggers, *arguments):
        assert 0 <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == span.text


def facts(extraction):
    """What was found, without confidences."""
    spans = {e.id: (e.type, e.start, e.end) for e in extraction.entities}
    relations = {(r.type, spans[r.head], spans[r.tail]) for r in extraction.relations}
    events = {
        (e.type, e.trigger.start, e.trigger.end, tuple((a.role, a.start) for a in e.arguments))
        for e in extraction.events
    }
    return set(spans.values()), relations, events


# --- verbatim


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(text=texts)
def test_every_mention_is_the_text_between_its_offsets(extractor, text):
    assert_verbatim(text, extractor.extract(text))


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
@given(text=texts)
def test_every_fact_fits_the_schema(extractor, text):
    found = extractor.extract(text)
    entities = {entity.id: entity for entity in found.entities}
    assert {entity.type for entity in found.entities} <= {"person", "place"}
    for relation in found.relations:
        if relation.type == "lives_in":
            assert entities[relation.head].type == "person"
            assert entities[relation.tail].type == "place"
        else:
            assert relation.type == "near"
    roles = {"move": {"who", "where"}, "talk": {"who"}}
    for event in found.events:
        assert {argument.role for argument in event.arguments} <= roles[event.type]


def test_the_model_of_these_tests_finds_something_to_check(extractor):
    found = [
        extractor.extract(t)
        for t in ("Ann lives in Paris.", "李明在北京工作。", f"{FAMILY} cafe\u0301")
    ]
    assert all(item.entities for item in found)
    assert any(item.relations for item in found)
    assert any(event.arguments for item in found for event in item.events)


@pytest.mark.slow
def test_a_text_of_100_kb_is_read_whole_and_verbatim():
    unit = f"Ann lives in Paris. 李明在北京工作。\r\nBob 😀 met Carl, {FAMILY} in Zu\u0308rich! "
    text = unit * (100_000 // len(unit.encode()) + 1)
    found = tiny_extractor(decode=STRICT, window_sentences=1).extract(text)
    assert len(text.encode()) >= 100_000
    assert len(found.entities) > 1000
    assert found.coverage.characters_read == len(text)
    assert_verbatim(text, found)


# --- many documents

DOCUMENTS = [
    Document("a", "Ann lives in Paris. Bob left."),
    Document("b", "李明在北京工作。" * 9),
    Document("c", "Bob met Carl in Oslo, and then he left. " * 5),
    Document("blank", " \r\n"),
    Document("d", "Dora works at Acme"),
]


def test_documents_come_back_in_their_order_with_their_hashes(extractor):
    found = list(extractor.extract_many(DOCUMENTS))
    assert [item.document.id for item in found] == [d.id for d in DOCUMENTS]
    assert [item.document.sha256 for item in found] == [text_sha256(d.text) for d in DOCUMENTS]


@pytest.mark.parametrize("batch_windows", [1, 3, 512])
def test_a_document_among_others_gives_what_it_gives_alone(extractor, monkeypatch, batch_windows):
    monkeypatch.setattr(module, "BATCH_WINDOWS", batch_windows)
    for document, together in zip(DOCUMENTS, extractor.extract_many(DOCUMENTS), strict=True):
        alone = extractor.extract(document)
        assert facts(alone) == facts(together)
        assert alone.coverage == together.coverage
        for one, other in zip(alone.entities, together.entities, strict=True):
            assert one.confidence == pytest.approx(other.confidence, abs=2e-4)


def test_a_document_that_could_not_be_read_is_handed_through_in_its_place(extractor):
    failure = Failure("x", "it is binary", "give text")
    items = [DOCUMENTS[0], failure, "Bob left.", failure, DOCUMENTS[4]]
    found = list(extractor.extract_many(items))
    assert found[1] is failure
    assert found[3] is failure
    assert [type(item) for item in found] == [Extraction, Failure, Extraction, Failure, Extraction]
    assert found[2].document.id == "text-2"
    assert facts(found[4]) == facts(extractor.extract(DOCUMENTS[4]))


@pytest.mark.parametrize("text", ["", " \n", "\x00", "\ud800", "\u0301", "\ufffd\ufffd"])
def test_a_text_without_words_stops_nothing(extractor, text):
    found = list(extractor.extract_many([Document("odd", text), DOCUMENTS[0]]))
    assert (found[0].document.id, found[0].coverage.characters) == ("odd", len(text))
    assert facts(found[1]) == facts(extractor.extract(DOCUMENTS[0]))


def test_results_stream_while_documents_come(extractor, monkeypatch):
    monkeypatch.setattr(module, "BATCH_WINDOWS", 4)
    read = []

    def many():
        for number in range(500):
            read.append(number)
            yield Document(str(number), "Ann left. Bob left.")

    stream = extractor.extract_many(many())
    first = [next(stream).document.id for _ in range(6)]
    assert first == ["0", "1", "2", "3", "4", "5"]
    assert len(read) < 12


def test_no_document_gives_no_result(extractor):
    assert list(extractor.extract_many([])) == []


def test_progress_counts_every_character_once(extractor, monkeypatch):
    monkeypatch.setattr(module, "BATCH_WINDOWS", 5)
    counted = []
    list(extractor.extract_many(DOCUMENTS, on_characters=counted.append))
    assert len(counted) > 2
    assert sum(counted) == sum(len(d.text) for d in DOCUMENTS if d.text.strip())


# --- coverage and windows


def test_coverage_counts_characters_and_windows(extractor):
    found = extractor.extract("Ann left. Bob met Carl!  李明在北京。")
    assert (found.coverage.characters, found.coverage.characters_read) == (31, 31)
    assert (found.coverage.windows, found.coverage.skipped) == (3, ())


def test_a_window_of_too_many_tokens_is_reported_and_the_rest_is_read(extractor, monkeypatch):
    # more tokens than a window's weight, as of a tokenizer that writes out ligatures: one character
    # of this language becomes three
    monkeypatch.setattr(module, "weight", len)
    korean = "한한한한한한한한한 " * 30
    text = f"Ann lives in Paris. {korean}. Ann lives in Paris."
    found = extractor.extract(text)
    assert found.coverage.skipped
    for skipped in found.coverage.skipped:
        assert "한" in text[skipped.start : skipped.end]
        assert "more than the 512 it reads" in skipped.reason
    lost = sum(s.end - s.start for s in found.coverage.skipped)
    assert found.coverage.characters_read == len(text) - lost
    alone = {(e.type, e.start, e.end) for e in extractor.extract(text[:19]).entities}
    last = text.rindex("Ann")
    spans = {(e.type, e.start, e.end) for e in found.entities}
    assert alone
    assert alone <= spans
    assert {(type, start + last, end + last) for type, start, end in alone} <= spans


@pytest.mark.parametrize("text", ["汉字，" * 400, "a word " * 400, "😀 한 é " * 90, "\ud800" * 500])
def test_no_window_weighs_more_than_the_limit(extractor, monkeypatch, text):
    read = []
    encode = extractor.reader.tokenizer.encode

    def listened(texts):
        read.extend(texts)
        return encode(texts)

    monkeypatch.setattr(extractor.reader.tokenizer, "encode", listened)
    found = extractor.extract(text)
    assert found.coverage.characters_read == len(text)
    weights = [len(one.encode("utf-8", "surrogatepass")) for one in read]
    assert module.WINDOW_WEIGHT / 2 < max(weights) <= module.WINDOW_WEIGHT


def test_a_model_of_few_positions_reads_a_long_sentence_in_several_windows():
    encoder = tiny_config(max_position_embeddings=16)
    short = tiny_extractor(decode=LOW, model=tiny_model(encoder=encoder))
    text = "Ann met Bob and Carl and Dora in Paris and Rome and Oslo and left for Acme"
    found = short.extract(text)
    assert found.coverage.windows > 3
    assert found.coverage.characters_read == len(text)
    assert_verbatim(text, found)


@pytest.mark.parametrize("filler", ["They talked about other things. ", "他们谈了别的事情。"])
def test_a_fact_at_the_end_of_50_000_characters_is_found_as_at_its_start(filler):
    extractor = tiny_extractor(decode=STRICT, window_sentences=1)
    fact = "Ann lives in Paris and met Bob in Oslo. "
    text = fact + filler * (50_000 // len(filler)) + fact
    found = extractor.extract(text)
    shift = len(text) - len(fact)

    def near(offset):
        by_id = {e.id: (e.type, e.start - offset, e.end - offset) for e in found.entities}
        inside = {id: key for id, key in by_id.items() if 0 <= key[1] < len(fact)}
        entities = {by_id[e.id]: e.confidence for e in found.entities if e.id in inside}
        relations = {
            (r.type, by_id[r.head], by_id[r.tail]): r.confidence
            for r in found.relations
            if r.head in inside
        }
        return entities, relations

    for start, end in zip(near(0), near(shift), strict=True):
        assert start
        assert start.keys() == end.keys()
        for key, confidence in start.items():
            assert end[key] == pytest.approx(confidence, abs=2e-4)


# --- what is asked, and who answers


def test_another_schema_can_be_asked_for_with_the_text(extractor):
    schema = Schema(entities=(EntityType(name="org"),))
    found = extractor.extract("Ann works at Acme in Paris.", schema)
    assert {entity.type for entity in found.entities} <= {"org"}
    assert (found.relations, found.events) == ((), ())
    assert found.provenance.schema_hash == schema.sha256
    assert extractor.extract("Ann left").provenance.schema_hash == SCHEMA.sha256


def test_two_schemas_with_one_name_are_two_questions():
    everything = tiny_extractor(decode=DecodeConfig(entity_threshold=-99.0))
    one = Schema(entities=(EntityType(name="x", en="person"),))
    other = Schema(entities=(EntityType(name="x", en="place"),))

    def confidences(schema):
        return [entity.confidence for entity in everything.extract("Ann left", schema).entities]

    assert len(confidences(one)) == 3
    assert confidences(one) != confidences(other)
    assert confidences(one) == confidences(one)


def test_provenance_names_the_model_and_its_hash(tiny_extractor_path):
    engine = EncoderExtractor.load(tiny_extractor_path)
    found = engine.extract("Ann left").provenance
    assert (found.model, found.version) == ("tiny", lexloom.__version__)
    assert found.model_hash == engine.sha256
    assert len(found.model_hash) == 64


def test_confidences_are_probabilities(extractor):
    found = extractor.extract("Ann lives in Paris. 李明在北京工作。")
    for fact in (*found.entities, *found.relations, *found.events):
        assert 0.0 <= fact.confidence <= 1.0
    least = 1 / (1 + math.exp(-LOW.entity_threshold))
    assert all(e.confidence >= least - 1e-4 for e in found.entities)


def test_the_folder_of_a_training_run_is_read_as_its_model(tmp_path, tiny_extractor_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model").symlink_to(tiny_extractor_path)
    assert (
        EncoderExtractor.load(tmp_path / "run").sha256
        == lexloom.load_extractor(str(tiny_extractor_path)).sha256
    )


def test_a_shipped_model_is_found_by_its_name(tmp_path, tiny_extractor_path, monkeypatch):
    monkeypatch.setattr(module, "shipped_models", lambda: {"default": tiny_extractor_path})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "default").mkdir()
    assert EncoderExtractor.load().name == "tiny"
    with pytest.raises(ArtifactError, match="has no config"):
        EncoderExtractor.load(tmp_path / "default")


@pytest.mark.parametrize("name", ["no_such_model", "../elsewhere", ""])
def test_a_name_of_no_model_is_refused(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ArtifactError) as caught:
        EncoderExtractor.load(name)
    assert caught.value.hint


def test_reading_needs_no_gradient(extractor):
    extractor.extract("Ann left")
    assert all(parameter.grad is None for parameter in extractor.reader.model.parameters())
    assert torch.is_grad_enabled()


def test_mentions_know_the_page_of_the_document_that_they_stand_on(extractor):
    first = "Ann lives in Paris. "
    document = Document("r.pdf", first + "Bob met Carl.", pages=(0, len(first), len(first)))
    found = extractor.extract(document)
    assert found.document.pages == document.pages
    pages = {entity.page for entity in found.entities}
    assert pages == {1, 3}
    for entity in found.entities:
        assert (entity.page == 1) == (entity.start < len(first))
    for event in found.events:
        for span in (event.trigger, *event.arguments):
            assert (span.page == 1) == (span.start < len(first))
    plain = extractor.extract(document.text)
    assert {entity.page for entity in plain.entities} == {None}
