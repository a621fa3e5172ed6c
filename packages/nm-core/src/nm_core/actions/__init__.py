"""The actions train, eval and infer: requests, results, the protocol of a backend, and the factory."""

from typing import TYPE_CHECKING

from nm_types.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from nm_core.actions.backend import Backend, Session
    from nm_core.actions.requests import EvalRequest, InferRequest, Settings, TrainRequest
else:
    __getattr__, __dir__ = lazy_exports(
        __name__,
        {
            "Backend": "nm_core.actions.backend",
            "EvalRequest": "nm_core.actions.requests",
            "InferRequest": "nm_core.actions.requests",
            "Session": "nm_core.actions.backend",
            "Settings": "nm_core.actions.requests",
            "TrainRequest": "nm_core.actions.requests",
        },
    )

__all__ = ["Backend", "EvalRequest", "InferRequest", "Session", "Settings", "TrainRequest"]
