"""What is wrong with the installed collections, and what to do: the work behind ``nmod doctor``.

Metadata are read, declarations loaded and compared here; what may crash or hang runs in processes of its own.
"""

from nm_core.plugins.doctor.diagnosis import Diagnosis, diagnose
from nm_core.plugins.doctor.findings import Finding

__all__ = ["Diagnosis", "Finding", "diagnose"]
