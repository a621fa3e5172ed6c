"""The declaration of the collection `nm`: what every graph may say of its tensors, whatever the framework."""

from __future__ import annotations

from nm_core.plugins import Collection, ModuleSpec, hookimpl


@hookimpl
def nm_collection() -> Collection:
    """Declare the views."""
    return Collection(
        "nm",
        "What a graph says of its tensors: another order of axes, a narrower meaning.",
        modules=[
            ModuleSpec(
                "Transpose",
                "The same value with its axes in another order.",
                {"any": "nm_core.modules.views:Transpose"},
            ),
            ModuleSpec(
                "Assume",
                "The same value, of which more is claimed than promised.",
                {"any": "nm_core.modules.views:Assume"},
            ),
        ],
        suite=2,
    )


@hookimpl
def nm_examples() -> dict[str, str]:
    """Declare parameters with which the views can be made."""
    return {"Transpose": "nm_core.testing.examples:TRANSPOSE", "Assume": "nm_core.testing.examples:ASSUME"}
