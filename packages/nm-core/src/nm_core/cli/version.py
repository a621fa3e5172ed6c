"""`nmod version`."""

from __future__ import annotations

import platform

import click

from nm_core.cli.output import json_option, print_json, print_table

_OURS = ("nm-types", "nm-core")


@click.command()
@json_option
def version(as_json: bool) -> None:
    """Print the versions of Python, of nm-core and of every installed collection.

    \b
    nmod version
    nmod version --json

    Next: these lines belong into a report of a fault; nmod doctor says whether everything works.
    """
    versions = {"python": platform.python_version()} | _versions()
    if as_json:
        print_json(versions)
    else:
        print_table(("package", "version"), versions.items())


def _versions() -> dict[str, str]:
    import os

    import importlib_metadata as metadata

    from nm_core.plugins.discovery import discover
    from nm_core.plugins.settings import CollectionSettings

    versions = {}
    for name in _OURS:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed as a distribution"
    candidates, records = discover(CollectionSettings.read(os.environ))
    for candidate in candidates:
        versions.setdefault(candidate.distribution, candidate.version)
    for record in records:
        if record.distribution is not None and record.version is not None:
            versions.setdefault(record.distribution, record.version)
    return versions
