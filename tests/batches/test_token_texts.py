import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from doubles import wordpiece
from lexloom.batches.token_texts import TokenTexts, held_out_documents
from lexloom.records import Document
from lexloom.tokens.build import build
from lexloom.tokens.indexed import TokenFile
from lexloom.tokens.tokenizer import Tokenizer


class File:
    """A token file in memory, of documents that are given as sizes of sentences."""

    def __init__(self, documents):
        sizes = [size for document in documents for size in document]
        self.starts = np.cumsum([0, *sizes])
        self.documents = np.cumsum([0, *map(len, documents)])
        self.num_documents = len(documents)
        self.document_starts = self.starts[self.documents]
        self.num_tokens = int(self.starts[-1])
        self.tokens = np.arange(self.num_tokens)


documents = st.lists(st.lists(st.integers(1, 12), min_size=1, max_size=9), min_size=1, max_size=5)


@given(documents, st.integers(4, 20))
def test_texts_hold_every_token_of_their_documents_once(sizes, max_length):
    file = File(sizes)
    texts = TokenTexts(file, range(file.num_documents), max_length=max_length)
    seen = [np.concatenate(texts.sentences(n)) for n in range(len(texts))]
    assert np.concatenate(seen).tolist() == file.tokens.tolist()
    for number, ids in enumerate(seen):
        assert len(ids) == texts.lengths[number] <= max_length
        document = np.searchsorted(file.document_starts, ids[0], side="right")
        assert ids[-1] < file.document_starts[document]


@given(documents, st.integers(12, 20))
def test_sentences_that_fit_stay_whole_and_texts_are_as_long_as_can_be(sizes, max_length):
    file = File(sizes)
    texts = TokenTexts(file, range(file.num_documents), max_length=max_length)
    for number in range(len(texts)):
        parts = texts.sentences(number)
        assert all(part[0] in file.starts and part[-1] + 1 in file.starts for part in parts)
        end = parts[-1][-1] + 1
        if end not in file.document_starts:
            after = int(np.searchsorted(file.starts, end))
            following = file.starts[after + 1] - file.starts[after]
            assert texts.lengths[number] + following > max_length


def test_some_texts_can_be_kept():
    texts = TokenTexts(File([[3], [4], [5]]), [0, 1, 2], max_length=8)
    texts.keep([2, 0])
    assert texts.lengths.tolist() == [5, 3]
    assert texts.sentences(0)[0].tolist() == [7, 8, 9, 10, 11]


@given(documents)
def test_some_documents_are_held_out_but_never_all(sizes):
    file = File(sizes)
    trained, held = held_out_documents(file, 0.2, np.random.default_rng(0))
    if len(sizes) < 2:
        assert (trained, held) == ([], [])
    else:
        assert trained
        assert held
        assert sorted(trained + held) == list(range(len(sizes)))


def test_a_real_token_file_is_read(tmp_path):
    Tokenizer(wordpiece()).save(tmp_path / "t")
    text = "Ann lives in Paris. Bob met Carl.\n李明在北京工作。"
    build([Document("d", text)], tmp_path / "t", tmp_path / "tokens")
    texts = TokenTexts(TokenFile.open(tmp_path / "tokens"), [0], max_length=16)
    tokenizer = Tokenizer.load(tmp_path / "t")
    found = [
        tokenizer.decode(np.concatenate(texts.sentences(n)).tolist()) for n in range(len(texts))
    ]
    assert " ".join(found).replace(" ", "") == "annlivesinparis.bobmetcarl.李明在北京工作。"
    assert sum(texts.lengths) == len(
        np.concatenate([np.concatenate(texts.sentences(n)) for n in range(len(texts))])
    )
