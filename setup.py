"""The compiled kernels; everything else about the package is in pyproject.toml.

They are optional: where they cannot be compiled, the package is installed without them and
computes the same by other means.
"""

from setuptools import Extension, setup

CPP = "src/lexloom/nn/kernels/cpp"

setup(
    ext_modules=[
        Extension(
            "lexloom.nn.kernels._compiled",
            sources=[
                f"{CPP}/cpu.cpp",
                f"{CPP}/attention.cpp",
                f"{CPP}/attention_amx.cpp",
                f"{CPP}/bpe.cpp",
                f"{CPP}/floats.cpp",
                f"{CPP}/norm.cpp",
                f"{CPP}/spans.cpp",
                f"{CPP}/word2vec.cpp",
                f"{CPP}/words.cpp",
            ],
            depends=[
                f"{CPP}/{name}.h"
                for name in (
                    "attention",
                    "cbow",
                    "cpu",
                    "lanes",
                    "merges",
                    "product",
                    "step",
                    "tiles",
                    "word2vec",
                )
            ],
            # no option names a processor: the code chooses its instructions when it runs
            extra_compile_args=[
                "-O3",
                "-std=c++17",
                "-fvisibility=hidden",
                "-Wno-psabi",
                "-Wno-maybe-uninitialized",
            ],
            optional=True,
        )
    ]
)
