import os

# before torch is loaded, and for the processes that tests start
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
import torch
from hypothesis import HealthCheck, settings

from doubles import save_tiny_bert, tiny_files

# a busy machine is no failure; what is tried is drawn anew each time, but for CI, whose verdict is
# to hang on the commit alone
settings.register_profile("here", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("here"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory):
    """The directory of a tiny encoder; tests must not write into it."""
    return save_tiny_bert(tmp_path_factory.mktemp("bert") / "tiny")


@pytest.fixture(scope="session")
def tiny_extractor_path(tmp_path_factory):
    """The directory of a tiny extractor; tests must not write into it."""
    from lexloom.extract.decode import DecodeConfig
    from lexloom.extract.files import save_extractor

    path = tmp_path_factory.mktemp("extractor") / "tiny"
    decode = DecodeConfig(entity_threshold=1.0, trigger_threshold=1.0)
    save_extractor(
        tiny_files(decode=decode, window_sentences=1), path, notices={"README.md": "# Tiny\n"}
    )
    return path
