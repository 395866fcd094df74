import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.errors import ArtifactError, UsageError
from lexloom.vectors.ngram import NgramConfig, train
from lexloom.vectors.ngram.arpa import read_arpa, write_arpa
from lexloom.vectors.ngram.smoothing import METHODS

SENTENCES = [
    line.split()
    for line in """the dog ran to the old house
the cat ran on the mat and the dog ran to the cat
a cat sat on a mat in the house
王芳 在 北京 工作
the dog saw 王芳 in 北京 😀 and \ud800
who saw the cat and who saw the dog in the old house""".splitlines()
]
SMALL = """\\data\\
ngram 1=4
ngram 2=2

\\1-grams:
-1.0\t<unk>
-99\t<s>\t-0.3
-0.5\t</s>
-0.4\tdog\t-0.2

\\2-grams:
-0.1\t<s> dog
-0.3\tdog </s>

\\end\\
"""


def equal(one, other):
    return one.vocabulary.words == other.vocabulary.words and all(
        np.array_equal(getattr(a, name), getattr(b, name))
        for a, b in zip(one.levels, other.levels, strict=True)
        for name in ("keys", "log_probs", "log_backoffs")
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "m.arpa"


def written(path, text):
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("smoothing", sorted(set(METHODS) - {"add-k"}))
@pytest.mark.parametrize("order", [1, 2, 4])
def test_what_is_written_is_read_back_exactly(path, smoothing, order):
    model, _ = train(SENTENCES, NgramConfig(order=order, smoothing=smoothing, unit="character"))
    write_arpa(model, path)
    again = read_arpa(path)
    assert equal(model, again)
    assert again.config == model.config


# anything that parts no words in the format, white space of other kinds too
words = st.text(st.characters(exclude_characters="\0\t\n\v\f\r "), min_size=1)


@settings(max_examples=30)
@given(
    st.lists(
        st.lists(words, min_size=1, max_size=5),
        min_size=1,
        max_size=6,
    ).filter(lambda corpus: len({w for sentence in corpus for w in sentence} - {"<s>"}) > 1)
)
def test_any_words_survive(tmp_path_factory, corpus):
    path = tmp_path_factory.mktemp("arpa") / "m.arpa"
    model, _ = train(corpus, NgramConfig(order=3))
    write_arpa(model, path)
    assert equal(model, read_arpa(path))


@pytest.mark.parametrize("word", ["", "a b", "\0", "a\n"])
def test_a_word_that_would_break_a_line_is_refused(path, word):
    model, _ = train([["a", word, "b"]], NgramConfig(order=2))
    with pytest.raises(UsageError, match="cannot be written as ARPA"):
        write_arpa(model, path)
    assert not path.exists()


def test_lines_say_what_the_format_promises(path):
    model, _ = train(SENTENCES, NgramConfig(order=2))
    write_arpa(model, path)
    text = path.read_bytes().decode("utf-8", "replace")
    head, words, pairs, end = re.split(r"\n\n", text.strip())
    assert head.splitlines()[0].startswith("# lexloom ")
    assert head.splitlines()[1] == "\\data\\"
    assert words.startswith("\\1-grams:\n")
    assert pairs.splitlines()[0] == "\\2-grams:"
    assert f"ngram 2={len(pairs.splitlines()) - 1}" in head
    assert end == "\\end\\"
    assert re.search(r"^0\t<s>\t-\d", words, re.MULTILINE)


def test_a_file_of_another_tool_is_read(path):
    model = read_arpa(written(path, SMALL))
    assert model.config.unit == "token"
    assert model.score(["dog"]) == pytest.approx(-0.1 - 0.3)
    assert model.score(["dog", "dog"]) == pytest.approx(-0.1 + (-0.2 - 0.4) - 0.3)
    assert model.score(["cat"]) == pytest.approx((-0.3 - 1.0) - 0.5)


def test_windows_lines_upper_case_unk_and_text_before_the_data(path):
    text = "\n# made by hand\n" + SMALL.replace("<unk>", "<UNK>")
    model = read_arpa(written(path, text.replace("\n", "\r\n")))
    assert model.score(["cat"]) == pytest.approx(-1.8)


def test_a_file_without_unk_gives_it_what_kenlm_does(path):
    text = SMALL.replace("-1.0\t<unk>\n", "").replace("ngram 1=4", "ngram 1=3")
    assert read_arpa(written(path, text)).score(["cat"]) == pytest.approx(-0.3 - 100 - 0.5)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("\\data\\", "data", "lacks .data"),
        ("ngram 1=4\n", "", "line 2: ngram 1=COUNT must follow"),
        ("ngram 1=4", "ngram 1=5", "line 10: a number, 1 words.*must stand here, got ''"),
        ("ngram 1=4", "ngram 1=999999999999999", "line 10: a number"),
        ("ngram 2=2", "ngram 2=3", "line 14: a number, 2 words must stand here, got ''"),
        ("ngram 2=2", "ngram 2=1", r"line 13: .end. must stand here, got '-0.3"),
        ("\\2-grams:", "\\3-grams:", r"line 11: .2-grams: must stand here"),
        ("-0.3\tdog </s>", "-0.3\tdog", "line 13: a number, 2 words"),
        ("-0.3\tdog </s>", "-0.3\tdog </s>\t-1", "line 13: a number, 2 words must"),
        ("-0.3\tdog </s>", "-0.3\tcat </s>", "line 13: 'cat' is not among the words"),
        ("-0.3\tdog </s>", "-0.3\t<s> dog", "line 13: '<s> dog' stands twice"),
        ("-0.4\tdog\t-0.2", "-0.4\t</s>\t-0.2", "line 9: '</s>' stands twice"),
        ("-0.4\tdog\t-0.2", "0.4\tdog\t-0.2", "line 9: a log probability is above 0: 0.4"),
        ("-0.4\tdog\t-0.2", "nan\tdog\t-0.2", "line 9: 'nan' is no number"),
        ("-0.4\tdog\t-0.2", "-0.4\tdog\tinf", "line 9: 'inf' is no number"),
        ("-0.4\tdog\t-0.2", "x\tdog\t-0.2", "line 9: 'x' is no number"),
        ("-0.5\t</s>", "-0.5\tend", "line 6: the words lack </s>"),
        ("\\end\\\n", "", "is cut off: it ends where .end. must stand here"),
        ("dog </s>\n\n\\end\\\n", "", "line 13: a number, 2 words"),
        ("-0.3\tdog </s>\n\n\\end\\\n", "", "is cut off: it ends where a number, 2 words"),
        ("-0.4", "-0.4\0", "holds NUL bytes"),
        ("\\data\\", "# lexloom {\n\\data\\", "the comment holds no settings"),
        ("\\data\\", '# lexloom {"orders": 3}\n\\data\\', "the comment holds no settings"),
        ("\\data\\", "# lexloom []\n\\data\\", "the comment holds no settings"),
    ],
)
def test_a_file_that_breaks_its_promise_is_refused(path, old, new, problem):
    assert old in SMALL
    with pytest.raises(ArtifactError, match=problem):
        read_arpa(written(path, SMALL.replace(old, new)))


def test_a_context_must_be_in_the_file(path):
    text = SMALL.replace("ngram 2=2", "ngram 2=2\nngram 3=1").replace(
        "\\end\\", "\\3-grams:\n-0.1\tdog dog dog\n\n\\end\\"
    )
    with pytest.raises(ArtifactError, match=r"line 17: the context of 'dog dog dog' is no n-gram"):
        read_arpa(written(path, text))


def test_words_must_be_utf_8(path):
    path.write_bytes(SMALL.encode().replace(b"dog", b"d\xf6g"))
    with pytest.raises(ArtifactError, match="a word is not UTF-8"):
        read_arpa(path)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\x89PNG\r\n", b"\\data\\\n", b"# only\n"])
def test_what_is_no_arpa_file_is_refused(path, content):
    path.write_bytes(content)
    with pytest.raises(ArtifactError):
        read_arpa(path)


@given(st.integers(0, len(SMALL) - 1))
def test_a_file_cut_anywhere_is_refused(tmp_path_factory, length):
    path = tmp_path_factory.mktemp("arpa") / "m.arpa"
    cut = SMALL[:length]
    if cut.rstrip("\n").endswith("\\end\\"):
        return
    with pytest.raises(ArtifactError):
        read_arpa(written(path, cut))


def test_a_missing_file_is_said(path):
    with pytest.raises(ArtifactError, match="cannot read"):
        read_arpa(path)


def test_add_k_is_not_written_and_neither_is_a_folder(tmp_path, path):
    model, _ = train(SENTENCES, NgramConfig(order=2, smoothing="add-k"))
    with pytest.raises(UsageError, match="add-k cannot be written"):
        write_arpa(model, path)
    model, _ = train(SENTENCES, NgramConfig(order=2))
    with pytest.raises(UsageError, match="is a folder"):
        write_arpa(model, tmp_path)


@pytest.mark.parametrize("smoothing", sorted(set(METHODS) - {"add-k", "maximum-likelihood"}))
@pytest.mark.parametrize("order", [2, 3, 5])
def test_kenlm_reads_it_and_says_the_same(path, smoothing, order):
    kenlm = pytest.importorskip("kenlm")
    sentences = [[word for word in words if word != "\ud800"] for words in SENTENCES]
    model, _ = train(sentences, NgramConfig(order=order, smoothing=smoothing))
    write_arpa(model, path)
    theirs = kenlm.Model(str(path))
    asked = [*sentences, ["the", "zebra", "ran"], ["cat", "the", "the", "old", "王芳", "zz"], []]
    found = model.score_sentences(asked)
    wanted = [theirs.score(" ".join(words)) for words in asked]
    np.testing.assert_allclose(found, wanted, atol=1e-4)
