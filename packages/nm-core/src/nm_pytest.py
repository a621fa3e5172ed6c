"""The pytest option `--nm-collection`; it stands outside the package so that other users of pytest import nothing else.

What it does is in `nm_core.testing.pytest_suite`, which is imported when the option is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("neural modules").addoption(
        "--nm-collection",
        action="append",
        default=[],
        metavar="NAME",
        help="Check an installed collection of neural modules. Without paths nothing else runs.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Take part only where the option is given."""
    names = config.getoption("nm_collection")
    if names:
        from nm_core.testing.pytest_suite import ConformanceSuites

        config.pluginmanager.register(ConformanceSuites(config, list(dict.fromkeys(names))), "nm_collection_suites")
