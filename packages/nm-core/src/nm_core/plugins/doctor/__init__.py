"""The diagnosis of installed collections behind ``nmod doctor``: each problem with what to do.

Metadata are read, declarations loaded and compared here; imports that may crash or hang run in processes of their own.
"""

from nm_core.plugins.doctor.diagnosis import Diagnosis, diagnose
from nm_core.plugins.doctor.findings import Finding

__all__ = ["Diagnosis", "Finding", "diagnose"]
