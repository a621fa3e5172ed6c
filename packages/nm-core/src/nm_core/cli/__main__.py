"""`python -m nm_core.cli`, which is what `nmod` runs."""

import sys

from nmod import main

sys.exit(main())
