"""Reports: problems of edges in words."""

from nm_types.reporting.equations import report_contradiction, report_empty, report_equation
from nm_types.reporting.misfits import report_misfit

__all__ = [
    "report_contradiction",
    "report_empty",
    "report_equation",
    "report_misfit",
]
