"""The sample collection with a backend that learns: one weight goes to 1, as fast as its learning rate says."""

import time
from pathlib import Path
from typing import Any

from nm_core_speech import PythonSession, Segment, SpeechPlugin, run

from nm_core import Callback, Metric, NeuralModule, Run, TrainingResult, ports
from nm_core.actions.requests import EvalRequest, Settings, TrainRequest
from nm_core.plugins import Collection, ModuleSpec, hookimpl


class Weight(NeuralModule):
    """Has one weight, which begins at 0."""

    segment: Segment = "framework"
    input_ports = ports(spec="B Spectrogram T:t")
    output_ports = ports(score="B", loss="; Loss")

    def __init__(self, *, start: float = 0.0, width: int = 3, kind: str = "plain") -> None:
        self.weight = start

    def has_weights(self) -> bool:
        """Say that its weight must be saved."""
        return True

    def forward(self, spec: Any) -> Any:
        """Return the weight for each sample."""
        return [self.weight for _ in spec], (1.0 - self.weight) ** 2


class Narrow(NeuralModule):
    """Takes what has as many channels as it is wide."""

    segment: Segment = "framework"
    input_ports = ports(spec="B Spectrogram:{width} T:t")
    output_ports = ports(spec="B Spectrogram:{width} T:t")

    def __init__(self, *, width: int = 2) -> None: ...

    def forward(self, spec: Any) -> Any:
        """Change nothing."""
        return spec


class Distance(Metric):
    """The distance of scores from 1."""

    goals = {"distance": "min"}
    input_ports = ports(scores="B")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget."""
        self.seen: list[float] = []

    def update(self, scores: Any) -> None:
        """Take the scores of a batch."""
        self.seen += scores

    def compute(self) -> dict[str, float]:
        """Return the mean, and how many there were."""
        return {"distance": sum(abs(1.0 - score) for score in self.seen) / len(self.seen), "samples": len(self.seen)}


class Pause(Callback):
    """Makes every update take its time, and longer while there is a file `hold`."""

    step_interval = 1

    def __init__(self, *, seconds: float = 0.0) -> None:
        self.seconds = seconds

    def on_step(self, run: Run) -> None:
        """Wait."""
        time.sleep(self.seconds)
        while Path("hold").exists():
            time.sleep(0.01)


class LearningSession(PythonSession):
    """A session that makes updates, tells callbacks and heeds what they ask for."""

    def train(self, request: TrainRequest) -> TrainingResult:
        """Move every weight a part of its way to 1; a learning rate above 2 diverges."""
        view = Run("train", max_steps=request.max_steps, work_dir=self.settings.work_dir)

        def evaluated(metrics: Any) -> dict[str, float]:
            return self.evaluate(EvalRequest.of(metric.fresh().bind(**metric.call.inputs) for metric in metrics))

        def announce(name: str, scores: Any) -> None:
            for callback in request.callbacks:
                callback.on_evaluation(view, name, scores)

        view.evaluator, view.announce = evaluated, announce
        modules = [call.module for call in request.graph.calls if isinstance(call.module, Weight)]
        for callback in request.callbacks:
            callback.on_start(view)
        reason = "failed"
        try:
            reason = self._learn(request, view, modules)
        finally:
            for callback in request.callbacks:
                callback.on_end(view, reason)
        return TrainingResult(step=view.step, epoch=0, samples=0, losses={}, reason=reason, seconds=0.0)

    def _learn(self, request: TrainRequest, view: Run, modules: list[Weight]) -> str:
        try:
            while view.step < (request.max_steps or 0) and view.stop_reason is None:
                for module in modules:
                    module.weight += request.optimizer["lr"] * (1.0 - module.weight)
                    if abs(module.weight) > 100:
                        raise ArithmeticError("the weight is no number that is worth its name")
                view.step += 1
                for callback in request.callbacks:
                    if callback.step_interval and view.step % callback.step_interval == 0:
                        callback.on_step(view)
        except KeyboardInterrupt:
            return "interrupted"
        return "finished"

    def evaluate(self, request: EvalRequest) -> dict[str, float]:
        """Compute each metric over its data layer."""
        scores: dict[str, float] = {}
        for metric in request.metrics:
            metric.update(**run(request.graph.subgraph(dict(metric.call.inputs))))
            scores |= metric.compute()
        return scores


class LearningBackend:
    """The backend of that session."""

    def open(self, settings: Settings) -> LearningSession:
        """Begin a session."""
        return LearningSession(settings)

    def check_training(self, optimizer: Any, policy: Any, extra: Any) -> dict[str, str]:
        """Refuse learning rates that are no numbers."""
        return {"optimizer": "lr is no number."} if isinstance(optimizer.get("lr"), str) else {}


class TuningPlugin(SpeechPlugin):
    """The declaration of the sample collection with what learns."""

    @hookimpl
    def nm_collection(self) -> Collection:
        """Declare the modules."""
        names = {"Frames": "nm_core_speech", "Weight": "nm_core_tuning", "Narrow": "nm_core_tuning"}
        specs = [ModuleSpec(name, "A sample.", targets={"any": f"{place}:{name}"}) for name, place in names.items()]
        return Collection("speech", "Samples.", modules=specs)

    @hookimpl
    def nm_backends(self) -> dict[str, str]:
        """Declare the backend."""
        return {"python": "nm_core_tuning:LearningBackend"}

    @hookimpl
    def nm_metrics(self) -> dict[str, str]:
        """Declare the metrics."""
        return {"Distance": "nm_core_tuning:Distance", "WordCount": "nm_core_speech:WordCount"}

    @hookimpl
    def nm_callbacks(self) -> dict[str, str]:
        """Declare the callbacks."""
        return {"evaluation": "nm_core.callbacks:EvaluationCallback", "pause": "nm_core_tuning:Pause"}


plugin = TuningPlugin()

APP = """\
nm: app/1
description: One weight that learns.
params: {size: 2, data: data.txt}
modules:
  data: {type: speech.Frames@1, params: {manifest: $data, size: $size}}
  narrow: {type: speech.Narrow@1}
  weight: {type: speech.Weight@1}
graphs:
  train:
    calls:
      - call: data
      - {call: narrow, inputs: {spec: data.spec}}
      - {call: weight, inputs: {spec: narrow.spec}}
    outputs: {loss: weight.loss, score: weight.score}
train:
  optimize: [train.loss]
  optimizer: {name: sgd, lr: 0.1}
  max_steps: 4
  callbacks:
    - {type: evaluation, params: {name: dev, every_steps: 1}, metrics: eval}
    - {type: pause}
eval: {metrics: [{type: speech.Distance, inputs: {scores: train.score}}]}
"""
