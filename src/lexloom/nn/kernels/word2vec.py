"""Learn word2vec's rows from a stretch of a corpus: compiled, or the same by numba or NumPy.

`vectors.word2vec` cuts a corpus into stretches and says what is learnt with which rate. All ways
draw the same chances, so they differ by rounding alone; NumPy's is the slowest by far.
"""

import ctypes
from typing import Any

import numpy as np

from lexloom.nn.kernels.library import Kernels, has_numba, kernels
from lexloom.nn.kernels.word2vec_job import ROW_FLOATS, Job, Learned, Sampler
from lexloom.nn.kernels.word2vec_plain import learn_plain


class _Job(ctypes.Structure):
    """The same as ``Word2vecJob`` of ``word2vec.h``."""

    _fields_ = (
        ("ids", ctypes.c_void_p), ("num_ids", ctypes.c_int64),
        ("start", ctypes.c_int64), ("stop", ctypes.c_int64),
        ("inputs", ctypes.c_void_p), ("outputs", ctypes.c_void_p), ("stride", ctypes.c_int64),
        ("keep", ctypes.c_void_p), ("alias", ctypes.c_void_p), ("num_words", ctypes.c_int64),
        ("path_starts", ctypes.c_void_p), ("path_nodes", ctypes.c_void_p),
        ("path_labels", ctypes.c_void_p), ("max_path", ctypes.c_int64),
        ("window", ctypes.c_int64), ("negative", ctypes.c_int64),
        ("is_cbow", ctypes.c_int64), ("is_mean", ctypes.c_int64), ("is_exact", ctypes.c_int64),
        ("lr_start", ctypes.c_double), ("lr_stop", ctypes.c_double), ("seed", ctypes.c_uint64),
        ("loss", ctypes.c_double), ("num_predictions", ctypes.c_int64),
        ("num_trained_words", ctypes.c_int64),
    )  # fmt: skip


def learn(job: Job) -> Learned:
    """Learn from a stretch; the rows of the job are changed."""
    found = kernels()
    if found is not None:
        return learn_compiled(job, found)
    if has_numba():
        from lexloom.nn.kernels.word2vec_numba import learn_numba

        return learn_numba(job)
    return learn_plain(job)


def learn_compiled(job: Job, found: Kernels) -> Learned:
    """Learn by the compiled kernel, while other threads run; see `learn`."""
    for rows in (job.inputs_VD, job.outputs_VD):
        assert rows.flags.c_contiguous
        assert rows.shape[1] % ROW_FLOATS == 0
    values: dict[str, Any] = {
        "ids": job.ids.ctypes.data, "num_ids": len(job.ids), "start": job.start, "stop": job.stop,
        "inputs": job.inputs_VD.ctypes.data, "outputs": job.outputs_VD.ctypes.data,
        "stride": job.inputs_VD.shape[1], "keep": job.keep_V.ctypes.data,
        "num_words": len(job.keep_V), "window": job.window, "negative": job.negative,
        "is_cbow": job.is_cbow, "is_mean": job.is_mean, "is_exact": job.is_exact,
        "lr_start": job.lr_start, "lr_stop": job.lr_stop, "seed": job.seed,
    }  # fmt: skip
    if isinstance(job.objective, Sampler):
        values["alias"] = job.objective.table_V2.ctypes.data
    else:
        paths = job.objective
        values |= {"path_starts": paths.starts.ctypes.data, "path_nodes": paths.nodes.ctypes.data}
        values |= {"path_labels": paths.labels.ctypes.data}
        values |= {"max_path": int(np.diff(paths.starts).max(initial=1))}
    native = _Job(**values)
    if found.functions.lexloom_word2vec(ctypes.byref(native), found.instruction_set):
        raise MemoryError("no memory is left to learn vectors")
    return Learned(native.loss, native.num_predictions, native.num_trained_words)
