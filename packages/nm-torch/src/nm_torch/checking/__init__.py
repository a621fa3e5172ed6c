"""Checking a module against its own ports: it runs on invented inputs, and what comes out is held to its promises."""

from nm_torch.checking.check import check_module
from nm_torch.checking.record import ModuleReport, ModuleRun

__all__ = ["ModuleReport", "ModuleRun", "check_module"]
