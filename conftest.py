"""What every test of the repository shares: one thread, random streams of its own, one hypothesis profile."""

import os
import random
import signal
import sys
import zlib
from collections.abc import Iterator

import pytest

# Tests run beside each other on small machines; a framework that is imported later reads these when it starts.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# A shell that starts a job in the background has it ignore Ctrl-C, and what tests start inherits that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

try:
    from hypothesis import HealthCheck, settings
except ModuleNotFoundError:  # not every environment needs it
    pass
else:
    # The same examples on every run: a red build is red again on the next machine. `proof` searches afresh, and longer.
    settings.register_profile(
        "default", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=100
    )
    settings.register_profile("proof", parent=settings.get_profile("default"), derandomize=False, max_examples=2000)
    settings.load_profile(os.environ.get("NM_HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True)
def _own_random_streams(request: pytest.FixtureRequest) -> Iterator[None]:
    """Seed the global generators from the test's own name, and hand them back as they were.

    So no test depends on the ones before it. NM_TEST_SEED moves all seeds at once.
    """
    seed = zlib.crc32(f"{os.environ.get('NM_TEST_SEED', '0')}:{request.node.nodeid}".encode())
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    before = random.getstate(), numpy and numpy.random.get_state(), torch and torch.get_rng_state()
    random.seed(seed)
    if numpy:
        numpy.random.seed(seed)
    if torch:
        torch.manual_seed(seed)
    yield
    random.setstate(before[0])
    if numpy:
        numpy.random.set_state(before[1])
    if torch:
        torch.set_rng_state(before[2])
