import numpy as np

from lexloom.vectors.formats import read_vectors, write_vectors
from lexloom.vectors.word_table import WordTable


def test_a_table_is_what_a_file_holds(tmp_path):
    table = WordTable(["b", "a"], np.eye(2, dtype=np.float32))
    write_vectors(table, tmp_path / "v", "word2vec")
    read = read_vectors(tmp_path / "v")
    assert read.words == table.words
    assert (read.vectors_VD == table.vectors_VD).all()
    assert read.counts is None
