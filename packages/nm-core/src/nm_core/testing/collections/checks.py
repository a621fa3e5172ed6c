"""All checks of a module or metric, in the order in which they run."""

from nm_core.testing.collections.batches import BATCHES
from nm_core.testing.collections.data import DATA
from nm_core.testing.collections.laws import LAWS
from nm_core.testing.collections.metric_laws import METRICS
from nm_core.testing.collections.padding import INDEPENDENCE
from nm_core.testing.collections.static import STATIC
from nm_core.testing.collections.suite import Case
from nm_core.testing.collections.verdicts import SuiteCheck

CHECKS: tuple[SuiteCheck[Case], ...] = (*STATIC, *LAWS, *INDEPENDENCE, *DATA, *METRICS, *BATCHES)
