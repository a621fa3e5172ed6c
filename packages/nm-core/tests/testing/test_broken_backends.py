"""A backend that breaks the contract at one place fails the check that holds it, and is told what to do."""

import random
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from nm_core_conformance import ReferenceConformance
from nm_core_reference import ReferenceModule, ReferenceSession, Rows, keeping, watching
from nm_core_reference import backend as backend_module
from nm_core_reference import training as training_module
from nm_core_reference.lowering import Lowered, Steps
from nm_core_reference.tensor import Tensor
from nm_core_reference.training import Training

from nm_core import LoadedWeights
from nm_core.graphs.run_time_check import Observed
from nm_core.testing import ConformanceError, failures

Patch = pytest.MonkeyPatch
BROKEN: dict[str, tuple[str, Callable[[Patch], None]]] = {}


def breaks(check: str) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
    """Register a way to break the reference backend, with the check that must notice."""

    def register(break_it: Callable[[Patch], None]) -> Callable[[Patch], None]:
        BROKEN[break_it.__name__] = check, break_it
        return break_it

    return register


@breaks("test_casts_are_applied")
def casts_ignored(patch: Patch) -> None:
    """Values keep the order of their axes."""
    patch.setattr(Steps, "cast", lambda self, call, port, value: value)


@breaks("test_items_of_lists_are_judged_too")
def checks_skipped(patch: Patch) -> None:
    """What types leave open is never looked at."""
    patch.setattr("nm_core_reference.lowering.build_run_time_check", lambda *given: lambda values, lengths: None)


@breaks("test_lengths_are_measured_on_the_axis_that_declares_them")
def lengths_not_measured(patch: Patch) -> None:
    """Only the shapes of the ports themselves are looked at."""
    patch.setattr("nm_core_reference.lowering.length_of", lambda value, axis: None)


@breaks("test_values_are_dropped_after_their_last_use")
def values_kept(patch: Patch) -> None:
    """Every value lives as long as its micro-batch."""
    original = Steps.__init__

    def keep(self: Any, plan: Any, calls: Any, kept: Any) -> None:
        original(self, plan, calls, kept)
        self.last_use = {call: [] for call in calls}

    patch.setattr(Steps, "__init__", keep)


@breaks("test_each_call_runs_once_and_in_order")
def calls_repeated(patch: Patch) -> None:
    """Each module runs twice."""
    run = Steps.run
    patch.setattr(Steps, "run", lambda self, values: (run(self, dict(values)), run(self, values))[1])


@breaks("test_a_lowered_plan_computes_what_its_modules_compute")
def outputs_swapped(patch: Patch) -> None:
    """Outputs come in another order."""
    original = Lowered.__call__
    patch.setattr(
        Lowered,
        "__call__",
        lambda self, *a, **k: result[::-1] if isinstance(result := original(self, *a, **k), tuple) else result,
    )


@breaks("test_a_module_stays_in_evaluation_mode")
def modes_ignored(patch: Patch) -> None:
    """A module is left in the mode that it was made in."""
    patch.setattr(ReferenceSession, "set_evaluation_mode", lambda self, module: None)


@breaks("test_lists_and_tensors_become_tensors")
def whole_numbers_stay_whole(patch: Patch) -> None:
    """The family of the port is not looked at."""
    convert = ReferenceSession.convert_value
    patch.setattr(ReferenceSession, "convert_value", lambda self, value, family: convert(self, value, None))


@breaks("test_what_is_no_array_is_refused")
def ragged_lists_taken(patch: Patch) -> None:
    """Whatever is given becomes a tensor."""
    patch.setattr(
        ReferenceSession,
        "convert_value",
        lambda self, value, family: value if isinstance(value, Tensor) else Tensor.of([[1.0, 2.0]]),
    )


@breaks("test_other_values_are_no_tensors")
def texts_observed(patch: Patch) -> None:
    """A text is taken for a tensor of its letters."""
    observe = ReferenceSession.observe
    patch.setattr(
        ReferenceSession, "observe", lambda self, value: observe(self, value) or Observed((len(value or ""),), None)
    )


@breaks("test_extremes_are_read_to_the_host")
def extremes_of_python(patch: Patch) -> None:
    """Python's min and max pass over nan where it does not come first."""
    patch.setattr(ReferenceSession, "extremes", lambda self, value: (min(value.values), max(value.values)))


@breaks("test_an_update_is_the_gradient_of_all_its_samples")
def mean_of_means(patch: Patch) -> None:
    """Every micro-batch weighs the same, whatever its size."""
    original = training_module.backward
    patch.setattr(training_module, "backward", lambda tensor, share: original(tensor, 0.25))


@breaks("test_the_gradient_is_clipped_by_its_norm")
def clipping_ignored(patch: Patch) -> None:
    """The limit is accepted and nothing is done."""
    apply = Training.apply
    patch.setattr(Training, "apply", lambda self, rate, clip: apply(self, rate, None))


@breaks("test_an_epoch_gives_each_sample_once")
def last_batch_dropped(patch: Patch) -> None:
    """The smaller micro-batch at the end is left out."""
    plan = Rows.plan
    patch.setattr(Rows, "plan", lambda self, seed=None, epoch=0: plan(self, seed, epoch)[:3])


@breaks("test_pieces_give_the_weights_of_the_whole")
def always_anew(patch: Patch) -> None:
    """Nothing is handed from one training to the next."""
    train = ReferenceSession.train

    def forget(self: Any, request: Any) -> Any:
        self.trainings.clear()
        return train(self, request)

    patch.setattr(ReferenceSession, "train", forget)


@breaks("test_an_error_in_a_callback_loses_nothing")
def errors_lose_the_past(patch: Patch) -> None:
    """A training that ends with an error is forgotten."""
    train = ReferenceSession.train

    def forget(self: Any, request: Any) -> Any:
        try:
            return train(self, request)
        except Exception:
            self.trainings.clear()
            raise

    patch.setattr(ReferenceSession, "train", forget)


@breaks("test_a_seed_decides_everything")
def the_streams_are_the_callers(patch: Patch) -> None:
    """Modules draw from whatever state the caller's generator is in."""
    patch.setattr(training_module, "stream", lambda *place: nullcontext())


@breaks("test_the_callers_random_streams_are_untouched")
def the_generator_is_not_given_back(patch: Patch) -> None:
    """An inference leaves its stream behind."""

    def seed(*place: Any) -> Any:
        random.seed(str(place))
        return nullcontext()

    patch.setattr(backend_module, "stream", seed)


@breaks("test_ctrl_c_ends_at_a_step_boundary")
def ctrl_c_is_left_to_python(patch: Patch) -> None:
    """SIGINT raises in the middle of an update."""
    patch.setattr(training_module, "interrupts", lambda: nullcontext([]))


@breaks("test_modules_are_in_training_mode")
def no_modes(patch: Patch) -> None:
    """Modules always train."""
    for module in (training_module, backend_module):
        patch.setattr(module, "mode", lambda modules, training: nullcontext())


@breaks("test_evaluation_and_inference_change_no_weights")
def evaluation_learns(patch: Patch) -> None:
    """An evaluation moves the weights a little."""
    computed = ReferenceSession._computed

    def move(self: Any, execution: Any, known: Any, number: int) -> Any:
        for weight in keeping.weights_of(execution.modules).values():
            weight.values[0] += 1e-9
        return computed(self, execution, known, number)

    patch.setattr(ReferenceSession, "_computed", move)


@breaks("test_records_come_in_the_order_of_the_samples")
def records_shuffled(patch: Patch) -> None:
    """An inference reads the data layer as a training does."""
    plan = Rows.plan
    patch.setattr(Rows, "plan", lambda self, seed=0, epoch=0: plan(self, seed, epoch))


@breaks("test_nothing_is_computed_before_it_is_asked_for")
def inference_is_eager(patch: Patch) -> None:
    """All records are computed at once."""
    infer = ReferenceSession.infer
    patch.setattr(ReferenceSession, "infer", lambda self, request: (one for one in list(infer(self, request))))


@breaks("test_scores_are_over_each_sample_once")
def metrics_not_reset(patch: Patch) -> None:
    """A second evaluation adds to the first."""
    patch.setattr(
        "nm_core.testing.backends.recorders.Collector.reset", lambda self: self.__dict__.setdefault("indices", [])
    )
    patch.setattr("nm_core.testing.backends.recorders.Collector.total", 0.0, raising=False)


@breaks("test_a_training_tells_its_course")
def callbacks_told_twice(patch: Patch) -> None:
    """Every event is told two times."""
    tell = watching.tell

    def twice(*given: Any) -> None:
        tell(*given)
        tell(*given)

    patch.setattr(training_module, "tell", twice)


@breaks("test_every_callback_hears_of_an_error_and_of_the_end")
def one_callback_silences_the_rest(patch: Patch) -> None:
    """The end is told until one callback raises."""
    patch.setattr(watching, "tell_all", lambda *given: watching.tell(*given) or [])


@breaks("test_tied_weights_stay_one")
def ties_copy(patch: Patch) -> None:
    """A tie copies the values once."""

    def copy(modules: Any, first: str, second: str) -> None:
        weights = keeping.weights_of(modules)
        weights[second].values[:] = weights[first].values

    patch.setattr(keeping, "tie", copy)


@breaks("test_frozen_weights_do_not_learn")
def freezing_ignored(patch: Patch) -> None:
    """Matches are counted and go on learning."""
    freeze = keeping.freeze

    def count(modules: Any, pattern: str) -> int:
        matching = freeze(modules, pattern)
        for weight in keeping.weights_of(modules).values():
            weight.learns = True
        return matching

    patch.setattr(keeping, "freeze", count)


@breaks("test_weights_that_do_not_fit_are_refused")
def files_not_compared(patch: Patch) -> None:
    """Whatever a file holds is taken."""

    def take(weights: Any, data: Any, path: Any, *, partial: bool = False) -> LoadedWeights:
        for name, weight in weights.items():
            weight.values[:] = data[name]["values"][: len(weight.values)]
        return LoadedWeights("", str(path), tuple(weights))

    patch.setattr(keeping, "load", take)


@breaks("test_weights_are_taken_in_part_where_it_is_said")
def parts_refused(patch: Patch) -> None:
    """What does not fit is never taken in part, and not said."""
    load = keeping.load

    def all_or_nothing(weights: Any, data: Any, path: Any, *, partial: bool = False) -> LoadedWeights:
        report = load(weights, data, path, partial=partial)
        return report if report.complete else LoadedWeights("", str(path), ())

    patch.setattr(keeping, "load", all_or_nothing)


@breaks("test_a_checkpoint_goes_on_exactly")
def checkpoints_without_callbacks(patch: Patch) -> None:
    """The state of callbacks is not taken back."""
    patch.setattr("nm_core.testing.backends.recorders.Notes.load_state", lambda self, state: None)


@breaks("test_settings_that_it_does_not_have_are_refused")
def any_precision_accepted(patch: Patch) -> None:
    """Settings are accepted and ignored."""
    patch.setattr(backend_module, "ACCEPTED", {})


@breaks("test_sessions_that_alternate_do_not_affect_each_other")
def sessions_share_a_counter(patch: Patch) -> None:
    """The number of the update is the process's and not the training's."""
    counter = SimpleNamespace(value=0)

    def count(self: Any, window: Any) -> Any:
        counter.value += 1
        before, self.skipped = self.skipped, counter.value
        try:
            return gradient(self, window)
        finally:
            self.skipped = before

    gradient = Training.gradient
    patch.setattr(Training, "gradient", count)


@breaks("test_the_host_suffix_runs_after_the_framework")
def open_host_ports_left_out(patch: Patch) -> None:
    """Host modules do not get None for ports that stay open."""
    run = Steps.run

    def without(self: Any, values: Any) -> Any:
        for call in self.calls:
            if not isinstance(call.module, ReferenceModule):
                forward = type(call.module).forward
                drop = lambda m, f=forward, **given: f(m, **{k: v for k, v in given.items() if v is not None})  # noqa: E731
                patch.setattr(type(call.module), "forward", drop)
        return run(self, values)

    patch.setattr(Steps, "run", without)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_backend_fails_the_check_that_holds_it(name: str, monkeypatch: Patch) -> None:
    """The check passes before the break and fails after it, with what was seen and what to do."""
    check, break_it = BROKEN[name]
    getattr(ReferenceConformance(), check)()

    break_it(monkeypatch)

    with pytest.raises(ConformanceError) as caught:
        getattr(ReferenceConformance(), check)()
    assert len(str(caught.value).splitlines()) >= 2


def test_failures_are_listed_without_pytest(monkeypatch: Patch) -> None:
    """By the name of the check, each with its message; a backend in order has none."""
    assert failures(ReferenceConformance()) == {}

    casts_ignored(monkeypatch)

    found = failures(ReferenceConformance())
    assert set(found) == {
        "test_casts_are_applied",
        "test_views_pass_their_value_on",
        "test_the_host_suffix_runs_after_the_framework",
    }
    assert found["test_casts_are_applied"].startswith("ConformanceError: a value whose edge has a transpose cast")
