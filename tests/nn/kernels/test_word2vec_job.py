import re
from pathlib import Path

from lexloom.nn.kernels import word2vec
from lexloom.nn.kernels.word2vec_job import ROW_FLOATS

HEADER = Path(word2vec.__file__).parent / "cpp" / "word2vec.h"
TYPES = {"uint32_t*": 8, "float*": 8, "int64_t*": 8, "int64_t": 8, "double": 8, "uint64_t": 8}


def fields():
    """The fields of the C struct, in order."""
    body = HEADER.read_text(encoding="utf-8").split("struct Word2vecJob {")[1].split("};")[0]
    for line in re.sub(r"//.*", "", body).split(";"):
        names = re.sub(r"\b(const|uint32_t|float|int64_t|double|uint64_t)\b|\*", "", line)
        yield from (name.strip() for name in names.split(",") if name.strip())


def test_the_struct_of_python_is_that_of_c():
    assert [*fields()] == [name for name, *_ in word2vec._Job._fields_]


def test_rows_are_whole_vectors_of_the_widest_kernel():
    assert ROW_FLOATS == 16
