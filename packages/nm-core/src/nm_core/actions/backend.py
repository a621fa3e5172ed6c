"""The protocol of a backend: lower a plan, run the actions, write and read weights.

`nm_core.testing.BackendConformance` holds a backend to what stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from nm_core.actions.requests import EvalRequest, InferRequest, Settings, TrainRequest
from nm_core.actions.results import LoadedWeights
from nm_core.callbacks.run import TrainingResult
from nm_core.graphs.plan import Plan
from nm_core.graphs.run_time_check import Observed
from nm_core.modules.module import NeuralModule


class Session(Protocol):
    """A backend at work for one factory; it keeps what one training hands to the next, and nothing process-wide.

    **What holds in every action.** Each call of a plan runs once per micro-batch, in the order of the plan: sources,
    the framework segment, the host suffix. A port that stays open arrives as `None`, a constant as it is, a variadic
    port as a list. The casts of a call (`call.typing.casts`, by port, `xs[0]` for the items of a list) reorder the axes
    of what it is given. A view (`nm_core.modules.views.View`) gives what it is given, its casts applied. What types
    left open (`nm_core.graphs.open_checks.checks`) is checked before the consumer runs
    (`nm_core.graphs.run_time_check.build_run_time_check`). A value of the framework segment is dropped after its last
    use unless a gradient needs it.

    Random streams follow from the seed of the settings; the generators of the caller (the framework's and Python's) are
    given back as they were. Sessions with disjoint modules do not affect each other, however their actions alternate.

    **What holds of callbacks** in every action: called in the order of their list, each method only when it is due:
    `on_start` first, `on_end` last and once with the reason, on every callback even if one of them raises. An error
    goes to `on_exception`, then to `on_end` as "failed", and is raised.

    A session may have `versions`, those of its framework by name (`{"torch": "2.8.0"}`), for the logs of runs.
    """

    def lower(self, plan: Plan) -> Any:
        """Return the framework segment of a plan as one module of the framework, which shares the modules' weights.

        It is called with the values of `plan.framework_inputs`, in their order or by `plan.argument_name`, and gives
        those of `plan.framework_outputs` in their order: one bare, several as a tuple.

        Raises:
            GraphError: the plan has no framework segment.
        """

    @property
    def rank(self) -> int:
        """The number of this process among those of a run; 0 writes."""

    def share(self, value: Any) -> Any:
        """Return the plain data that rank 0 passes; every process takes part."""

    def train(self, request: TrainRequest) -> TrainingResult:
        """Train until the request's end; modules are in training mode.

        - An update is the gradient of all samples of its micro-batches (`batches_per_step` of them) as if they were one
          batch, its norm clipped, given to the optimizer. Where an epoch ends, an update takes the micro-batches left.
        - An epoch gives each sample of the data layer once. The order follows from the seed and the epoch.
        - `step` counts updates applied, earlier calls on the same losses included: a call goes on where the last one
          ended (order, optimizer, random streams), so that pieces give the weights of the whole; one that is already at
          its end changes nothing. `restart` forgets that past, and gives the modules the weights and buffers back with
          which the first training of these losses began.
        - Losses are known by the names of `nm_core.graphs.graph.named_outputs`; one that is not finite ends the
          training with an error of ours, or (`non_finite="skip"`) leaves out and counts the update.
        - `request_stop` and Ctrl-C (SIGINT) end it at the next step boundary, with the reason "stopped: ..." or
          "interrupted". However it ends, by an error of a callback too, another call goes on after the last update.
        - `request_checkpoint` writes one at the next step boundary into the work directory and tells `on_checkpoint`.
          A training of another process that resumes from it gives the same weights as one that was not stopped;
          callbacks take their state back before `on_start`. `resume="auto"` without a checkpoint begins anew; a path
          that is no good checkpoint of this graph is an error of ours.
        - `run.evaluate` computes the metrics of `request.evaluation(metrics)` as `evaluate` does, and changes nothing
          of the training.
        """

    def evaluate(self, request: EvalRequest) -> dict[str, float]:
        """Return the scores of the request's metrics, reset first, over each sample of their data layers once.

        Modules are in evaluation mode, weights and modes are as before afterwards, and the last, smaller micro-batch
        counts. Callbacks are told `on_evaluation(run, "eval", scores)`.
        """

    def infer(self, request: InferRequest) -> Iterator[dict[str, Any]]:
        """Yield one record per sample in the order of the samples, whatever the order of training.

        Modules are in evaluation mode. Nothing is computed before it is asked for. A consumer that closes the iterator
        ends the action with a reason that begins with "stopped". A value is cut along its batch axis, a list into its
        items; what has neither is the same in every record of its micro-batch. The inputs of a request are values that
        `convert_value` gave; the factory has checked them.
        """

    def convert_value(self, value: Any, family: str | None) -> Any:
        """Return a value from outside as a tensor of the framework.

        Tensors of the framework, arrays, numbers and (nested) lists of all these are taken. A tensor keeps its numbers;
        lists of whole numbers become floats where the family is "float"; zeros and ones become booleans where it is
        "bool".

        Args:
            value: what was given for a free input.
            family: the family of the numbers that its port means: "float", "int", "bool"; None where it says nothing.

        Raises:
            TypeError, ValueError: it is no array of numbers, as a ragged list.
        """

    def observe(self, value: Any) -> Observed | None:
        """Return the shape of a tensor and the family of its numbers; None for any other value."""

    def extremes(self, value: Any) -> tuple[float, float]:
        """Return the smallest and the largest number of a tensor that has some, read to the host.

        Where a number is not finite, one of the two is not.
        """

    def seeded(self, seed: int, name: str) -> AbstractContextManager[None]:
        """Make weights created inside depend on `seed` and `name` only, and give the caller's generator back."""

    def seed_generator(self, seed: int) -> None:
        """Seed the framework's own generator, from which modules draw that are made by their classes."""

    def save_weights(self, module: NeuralModule, path: Path, *, without: Collection[str] = ()) -> None:
        """Write a module's weights to a file, each once; those that another file holds, being tied, are left out."""

    def load_weights(
        self,
        module: NeuralModule,
        path: Path,
        *,
        renamed: Callable[[str], str] | None = None,
        partial: bool = False,
        elsewhere: Mapping[str, tuple[Path, str]] | None = None,
    ) -> LoadedWeights:
        """Read a module's weights from a file.

        Args:
            renamed: what the module calls a weight now, by its name in the file.
            partial: take the weights that fit by name and shape, and leave the others as they are.
            elsewhere: weights that another file holds, under a name of its own, whatever this one says of them.

        Raises:
            NmError: a file is missing or damaged, or (unless `partial`) does not fit the module; the module is as it
                was.
        """

    def set_evaluation_mode(self, module: NeuralModule) -> None:
        """Put a module into evaluation mode, in which it is whenever it is not trained."""

    def tie(self, modules: Mapping[str, NeuralModule], first: str, second: str) -> None:
        """Make two weights, named `module.weight`, one with the values of the first; again changes nothing.

        Raises:
            NmError: there is no such weight, or the two have different shapes.
        """

    def freeze(self, modules: Mapping[str, NeuralModule], pattern: str) -> int:
        """Stop the weights that match a pattern (`encoder.**`) from learning; return how many match."""


class Backend(Protocol):
    """A framework, found by name through the plugin layer.

    A backend may also have `check_training(optimizer, policy, extra)`, by which `nmod check` judges the training of an
    application: it returns what is wrong by the keys "optimizer" and "policy"; and `check_engine(options, extra)`,
    which returns what is wrong with the options "placement" and "strategy", whatever this machine has.
    """

    def open(self, settings: Settings) -> Session:
        """Begin to work for a factory.

        Raises:
            NmError: a placement or a precision that the backend does not have. A strategy may be refused when an action
                first needs it.
        """
