"""TF32 is switched through whichever of torch's two forms the program uses, and given back."""

import subprocess
import sys

import pytest
import torch

from nm_torch.precision.precision import Precision
from nm_torch.precision.tf32 import tf32

BACKENDS = torch.backends


def test_the_older_switches_are_set_and_given_back() -> None:
    """Both follow the argument inside the block; outside they are what they were."""
    before = (BACKENDS.cuda.matmul.allow_tf32, BACKENDS.cudnn.allow_tf32)
    for allowed in (True, False):
        with tf32(allowed):
            assert (BACKENDS.cuda.matmul.allow_tf32, BACKENDS.cudnn.allow_tf32) == (allowed, allowed)
        assert (BACKENDS.cuda.matmul.allow_tf32, BACKENDS.cudnn.allow_tf32) == before


@pytest.mark.parametrize("name", ["fp32", "tf32"])
def test_a_precision_on_a_gpu_decides(name: str) -> None:
    """Only precision="tf32" allows it."""
    with Precision(name, torch.device("cuda")).numerics():
        assert BACKENDS.cuda.matmul.allow_tf32 is BACKENDS.cudnn.allow_tf32 is (name == "tf32")


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(BACKENDS, "fp32_precision"), reason="this release has only the older switches")
def test_a_program_may_use_the_newer_switches() -> None:
    """Where `fp32_precision` was set, it is what the block sets and gives back."""
    # in a process of its own: torch remembers which form was used
    program = """
import torch
from nm_torch.precision.tf32 import tf32
backends = torch.backends
backends.fp32_precision = "tf32"
owners = backends.cuda.matmul, backends.cudnn.conv, backends.cudnn.rnn
before = [owner.fp32_precision for owner in owners]
for allowed, expected in ((True, "tf32"), (False, "ieee")):
    with tf32(allowed):
        assert [owner.fp32_precision for owner in owners] == [expected] * 3
    assert [owner.fp32_precision for owner in owners] == before
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
