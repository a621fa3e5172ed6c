"""Applications as files: read, check, build, run, write and save them.

`check_file(path)` says everything that is wrong with a file; `load_application(path)` gives something that can be used
at once, from a file or from a folder that `Application.save` or `NeuralModuleFactory.save` wrote.
"""

from nm_core.application.application import Application, UnknownVerbError
from nm_core.application.loading import check_file, load_application
from nm_core.application.saved.saving import save_application
from nm_core.application.text.problems import ApplicationFileError, FileProblem, Report
from nm_core.errors import ApplicationError

Problem = FileProblem
"""The former name."""

__all__ = [
    "Application",
    "ApplicationError",
    "ApplicationFileError",
    "FileProblem",
    "Problem",
    "Report",
    "UnknownVerbError",
    "check_file",
    "load_application",
    "save_application",
]
