"""The compiled kernels; everything else about the package is in pyproject.toml.

They are optional: where they cannot be compiled, the package is installed without them and
computes the same by other means.
"""

import runpy
from pathlib import Path

from setuptools import Extension, setup

KERNELS = "src/lexloom/nn/kernels"
CPP = f"{KERNELS}/cpp"
# lexloom itself cannot be imported while it is built
sources_hash = runpy.run_path(f"{KERNELS}/sources.py")["sources_hash"]

setup(
    ext_modules=[
        Extension(
            "lexloom.nn.kernels._compiled",
            sources=[
                f"{CPP}/cpu.cpp",
                f"{CPP}/adamw.cpp",
                f"{CPP}/attention.cpp",
                f"{CPP}/attention_amx.cpp",
                f"{CPP}/attention_backward.cpp",
                f"{CPP}/bpe.cpp",
                f"{CPP}/cooccurrence.cpp",
                f"{CPP}/floats.cpp",
                f"{CPP}/norm.cpp",
                f"{CPP}/spans.cpp",
                f"{CPP}/sparse.cpp",
                f"{CPP}/word2vec.cpp",
                f"{CPP}/words.cpp",
            ],
            depends=sorted(path.as_posix() for path in Path(CPP).glob("*.h")),
            define_macros=[("LEXLOOM_SOURCES", f'"{sources_hash(Path(CPP))}"')],
            # no option names a processor: the code chooses its instructions when it runs
            extra_compile_args=[
                "-O3",
                "-std=c++17",
                "-fvisibility=hidden",
                "-fno-math-errno",  # nobody reads it, and with it no roots are taken side by side
                "-Wno-psabi",
                "-Wno-maybe-uninitialized",
            ],
            optional=True,
        )
    ]
)
