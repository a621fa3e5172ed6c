"""Let the tests of the suites import the hooks beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
