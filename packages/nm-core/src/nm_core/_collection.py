"""The declaration of the collection `nm`: views of tensors, and callbacks, whatever the framework."""

from __future__ import annotations

from nm_core.plugins import Collection, ModuleSpec, hookimpl


@hookimpl
def nm_collection() -> Collection:
    """Declare the views, and the names that callbacks had in the collection `common`."""
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
        suite=3,
        formerly={name: [f"common.{name}"] for name in nm_callbacks()},
    )


@hookimpl
def nm_callbacks() -> dict[str, str]:
    """Declare the callbacks that need no framework."""
    return {
        "progress": "nm_core.callbacks:ProgressCallback",
        "logging": "nm_core.callbacks:LoggingCallback",
        "evaluation": "nm_core.callbacks:EvaluationCallback",
        "checkpoint": "nm_core.callbacks:CheckpointCallback",
        "early_stopping": "nm_core.callbacks:EarlyStopping",
    }


@hookimpl
def nm_examples() -> dict[str, str]:
    """Declare parameters with which the views can be made."""
    return {"Transpose": "nm_core.testing.examples:TRANSPOSE", "Assume": "nm_core.testing.examples:ASSUME"}
