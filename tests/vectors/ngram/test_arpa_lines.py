import numpy as np
import pytest

from lexloom.errors import ArtifactError
from lexloom.vectors.ngram import arpa_lines
from lexloom.vectors.ngram.arpa_lines import ArpaLines

TEXT = "\\data\\\nngram 1=5\n\n\\1-grams:\n-1 a\n-2\tb\t-0.5\n-3 c\n-4 d -0.25\n-5 e\n\n\\end\\\n"
IDS = {name.encode(): number for number, name in enumerate("abcde")}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "m.arpa"
    path.write_text(TEXT)
    return path


@pytest.mark.parametrize("at_once", [1, 2, 5, 100])
def test_a_section_is_the_same_however_many_lines_are_read_at_once(path, at_once, monkeypatch):
    monkeypatch.setattr(arpa_lines, "LINES_AT_ONCE", at_once)
    lines = ArpaLines(path)
    assert lines.counts() == [5]
    section = lines.section(1, 5, IDS, is_highest=False)
    lines.end()
    assert section.words.tolist() == [[0], [1], [2], [3], [4]]
    np.testing.assert_array_equal(section.log_probs, [-1, -2, -3, -4, -5])
    np.testing.assert_array_equal(section.log_backoffs, [0, -0.5, 0, -0.25, 0])
    assert section.first_line == 5
    assert lines.gram(6) == "'b'"


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_an_error_names_its_line_wherever_the_blocks_end(path, at_once, monkeypatch):
    monkeypatch.setattr(arpa_lines, "LINES_AT_ONCE", at_once)
    for old, new, problem in [
        ("-4 d -0.25", "-4 d -0.25 x", "line 8: a number, 1 words and perhaps a weight"),
        ("-4 d", "-4 f", "line 8: 'f' is not among the words"),
        ("-4 d", "4 d", "line 8: a log probability is above 0"),
        ("-0.25", "-0.2.5", "line 8: '-0.2.5' is no number"),
    ]:
        path.write_text(TEXT.replace(old, new))
        lines = ArpaLines(path)
        lines.counts()
        with pytest.raises(ArtifactError, match=problem):
            lines.section(1, 5, IDS, is_highest=False)


def test_an_order_may_be_empty(path):
    path.write_text("\\data\\\nngram 1=0\n\n\\1-grams:\n\n\\end\\\n")
    lines = ArpaLines(path)
    section = lines.section(1, *lines.counts(), IDS, is_highest=True)
    lines.end()
    assert section.words.shape == (0, 1)
