"""`python -m nm_core.cli`, which is what `nmod` runs."""

import sys

from nm_core.cli.main import main

sys.exit(main())
