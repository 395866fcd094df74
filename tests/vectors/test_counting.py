import numpy as np
import pytest

from lexloom.nn.kernels.words import PlainCounter
from lexloom.vectors import corpus, counting
from lexloom.vectors.corpus import CorpusConfig, encode_texts
from lexloom.vectors.counting import Piece, count_pieces, default_threads, merged
from lexloom.vectors.vocabulary import VocabularyConfig
from lexloom.vectors.words import WordsConfig, character_table


@pytest.mark.parametrize("threads", [1, 3])
def test_pieces_come_in_order_and_name_their_counter(threads):
    encoders = [lambda text, n=n: np.array([n, int(text)], np.uint32) for n in range(threads)]
    found = [*count_pieces(map(str, range(100)), encoders)]
    assert [int(piece.ids[1]) for piece in found] == [*range(100)]
    assert all(piece.ids[0] == piece.counter for piece in found)
    assert found[42] == Piece(found[42].ids, found[42].counter, 2)


@pytest.mark.parametrize("threads", [1, 2])
def test_what_fails_in_a_thread_fails_here(threads):
    def fail(text):
        raise MemoryError("no memory is left to count words")

    with pytest.raises(MemoryError, match="no memory is left"):
        [*count_pieces(["a", "b", "c"], [fail] * threads)]


def test_words_of_counters_are_put_together():
    made = [PlainCounter(character_table(WordsConfig()), 9) for _ in range(3)]
    made[0].encode(b"a b a")
    made[2].encode(b"c a")
    found = merged(made)
    counts = dict(zip(found.words, found.counts.tolist(), strict=True))
    assert counts == {b"a": 3, b"b": 1, b"c": 1}
    assert [[found.words[place] for place in places] for places in found.places] == [
        [b"a", b"b"], [], [b"c", b"a"],
    ]  # fmt: skip


@pytest.mark.parametrize("shard_ids", [7, 1 << 20])
def test_a_corpus_is_the_same_for_any_number_of_threads(tmp_path, monkeypatch, shard_ids):
    texts = ["the cat sat\non the mat 我们\n" * 5, "", "a dog\n\n", "the dog sat rarely"] * 7
    config = CorpusConfig(vocabulary=VocabularyConfig(min_count=8))
    monkeypatch.setattr(corpus, "PIECE_CHARACTERS", 20)
    monkeypatch.setattr(corpus, "SHARD_IDS", shard_ids)
    files = {}
    for threads in (1, 2, 5):
        monkeypatch.setattr(corpus, "default_threads", lambda threads=threads: threads)
        made = encode_texts(texts, tmp_path / str(threads), config)
        files[threads] = {path.name: path.read_bytes() for path in sorted(made.folder.iterdir())}
        assert "rarely" not in made.vocabulary.words
    assert files[1] == files[2] == files[5]


def test_python_alone_counts_on_one_thread(monkeypatch):
    monkeypatch.setattr(counting, "kernels", lambda: None)
    assert default_threads() == 1
    monkeypatch.setattr(counting, "kernels", object)
    assert 1 <= default_threads() <= counting.MAX_THREADS
