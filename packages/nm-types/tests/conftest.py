"""Let the tests of nm-types import the models beside them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
