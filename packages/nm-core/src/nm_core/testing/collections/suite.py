"""A collection under test: its modules and metrics in each example, made and run on invented values."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from inspect import Parameter
from pathlib import Path
from typing import Any

from nm_core.actions.backend import Session
from nm_core.actions.requests import Settings
from nm_core.modules.metric import Metric
from nm_core.modules.module import NeuralModule
from nm_core.modules.module_name import snake_case
from nm_core.modules.signature import Signature, signature_of
from nm_core.plugins import Collection, Collections
from nm_core.plugins.declarations import ANY_BACKEND
from nm_core.plugins.errors import UnknownEntryError
from nm_core.plugins.messages import no_collection
from nm_core.probing.probe import ConformanceError, Probe
from nm_core.probing.probe_inputs import ProbeCall, make_probe_calls
from nm_core.symbols.parameters import complete, constructor_parameters, freeze, thaw

LONGEST_LABEL = 44


class NoValuesError(ConformanceError):
    """A module runs on no values that can be invented, so nothing can be said of its results."""


@dataclass(frozen=True)
class Suite:
    """A collection under test.

    Attributes:
        collections: the installed collections.
        name: the collection's name.
        folder: an empty folder for the files of examples.
    """

    collections: Collections
    name: str
    folder: Path

    def __post_init__(self) -> None:
        """Refuse a collection that is not there.

        Raises:
            UnknownEntryError: it is not installed, or its declaration cannot be loaded; the message says why.
        """
        if self.name not in self.collections.collections:
            raise UnknownEntryError(no_collection(self.name, self.collections.records))

    @property
    def id(self) -> str:
        """The name of the subject in messages."""
        return self.name

    @property
    def collection(self) -> Collection:
        """Its declaration."""
        return self.collections.collections[self.name]

    @property
    def members(self) -> tuple[str, ...]:
        """The names of its modules, in their order, and of its metrics."""
        return (*(spec.name for spec in self.collection.modules), *self.names("metrics"))

    def names(self, what: str) -> list[str]:
        """Return the names that it offers of one sort, without the collection."""
        names = (name for name in self.collections.names(what) if self.name in self.collections.owners(what, name))
        return [name.removeprefix(f"{self.name}.") for name in names]

    def cases(self) -> Iterator[Case]:
        """Yield each module and metric in each of its examples; one that has no examples, without parameters."""
        for name in self.members:
            labels: Counter[str] = Counter()
            try:
                examples = self._load_examples(name)
            except Exception as error:  # noqa: BLE001 - an author's code may raise anything; `constructs` shows it
                yield Case(self, name, {}, "", error)
                continue
            for params in examples:
                text = label({key: value for key, value in params.items() if not _is_common(key, examples)})
                labels[text] += 1
                yield Case(self, name, params, text if labels[text] == 1 else f"{text}#{labels[text]}")

    def _load_examples(self, name: str) -> Sequence[Mapping[str, Any]]:
        if name not in self.names("examples"):
            return [{}]
        examples = self.collections.lookup("examples", f"{self.name}.{name}")
        if callable(examples):
            folder = self.folder / name
            folder.mkdir(parents=True)
            examples = examples(folder)
        if not isinstance(examples, Sequence) or not examples or not all(isinstance(e, Mapping) for e in examples):
            raise ConformanceError(
                f"The examples of {self.name}.{name} are {examples!r}.\n"
                "  Let the target that nm_examples names be a sequence of mappings of plain parameters, at least one, "
                "or a function (folder) that returns one."
            )
        return examples


@dataclass(frozen=True)
class Case:
    """One module or metric in one example.

    Attributes:
        suite: the collection it belongs to.
        name: its name in there.
        params: the parameters of the example.
        label: the parameters in a few words.
        failure: the error of its examples, where there are none for that reason.
    """

    suite: Suite
    name: str
    params: Mapping[str, Any]
    label: str
    failure: Exception | None = None

    @property
    def module_id(self) -> str:
        """The id of the module: `asr.JasperEncoder`."""
        return f"{self.suite.name}.{self.name}"

    @property
    def id(self) -> str:
        """The name of the subject in messages: `asr.JasperEncoder[feat_in=64]`."""
        return f"{self.module_id}[{self.label}]" if self.label else self.module_id

    # written to __dict__, which a frozen dataclass permits
    @cached_property
    def cls(self) -> Any:
        """The class."""
        cls = self.suite.collections.resolve(self.module_id)
        if not (isinstance(cls, type) and issubclass(cls, NeuralModule)):
            raise ConformanceError(
                f"{self.module_id} is declared as {cls!r}, which is no neural module.\n"
                "  Let the target name a class derived from NeuralModule, or from that of your framework."
            )
        return cls

    @property
    def can_be_imported(self) -> bool:
        """Whether there is a class; where not, `target` fails."""
        return _succeeds(lambda: self.cls)

    @cached_property
    def missing_params(self) -> list[Parameter]:
        """The parameters that the class needs and the example does not give."""
        declared = constructor_parameters(self.cls).values()
        return [each for each in declared if each.default is Parameter.empty and each.name not in self.params]

    @cached_property
    def ports(self) -> Signature:
        """The ports under the parameters of the example, known without construction."""
        return signature_of(self.cls, complete(self.cls, constructor_parameters(self.cls), self.params))

    def has_ports(self) -> bool:
        """Whether its ports can be known; where not, `target` or `constructs` fails."""
        return self.failure is None and _succeeds(lambda: self.ports)

    @property
    def is_metric(self) -> bool:
        """Whether it is a metric."""
        return issubclass(self.cls, Metric)

    def computes(self) -> bool:
        """Whether it makes values of values: no source, no metric, and no view, which only says something of one."""
        return self.has_ports() and self.cls.segment in ("host", "framework") and not self.is_metric

    def make(self, seed: int = 0, params: Mapping[str, Any] | None = None) -> Any:
        """Make the module; its weights follow from the seed."""
        with self.session.seeded(seed, snake_case(self.name)):
            return self.cls(**(self.params if params is None else params))

    @cached_property
    def backend(self) -> str:
        """The backend on which it is checked: that of its target; for one beside every backend, any with a probe."""
        spec = self.suite.collections.modules.get(self.module_id)
        declared = next(iter(spec.targets)) if spec is not None else ANY_BACKEND
        if declared != ANY_BACKEND:
            return declared
        # its own probe first: an installed framework must not decide how a collection is checked
        return next(iter([*self.suite.names("probes"), *self.suite.collections.names("probes")]), declared)

    @cached_property
    def probe(self) -> Probe:
        """The suite's view of the framework."""
        if not self.suite.collections.owners("probes", self.backend):
            raise ConformanceError(
                f"No installed collection offers a probe for the backend {self.backend!r}, so {self.id} cannot run.\n"
                "  Install a backend (nm-torch), or offer one through the hook nm_probes: see nm_core.testing.Probe."
            )
        probe: Probe = self.suite.collections.lookup("probes", self.backend)()
        return probe

    @cached_property
    def session(self) -> Session:
        """A session of the backend."""
        self.probe  # noqa: B018 - its error says that the backend is missing
        settings = Settings(placement="cpu", collections=self.suite.collections)
        session: Session = self.suite.collections.lookup("backends", self.backend)().open(settings)
        return session

    @cached_property
    def calls(self) -> list[ProbeCall]:
        """Values that the module takes: for all of its optional inputs, and for none."""
        module = self.make()
        with self.probe.seeded(0):
            try:
                return make_probe_calls(self.probe, module)
            except Exception as error:
                raise NoValuesError(
                    f"{self.id} does not run on invented inputs: {error}\n"
                    f"  {self.id}::ports says more; where nobody can invent them, exempt the module from ports."
                ) from error

    def copy_value(self, value: Any) -> Any:
        """Return a tensor, or tensors in a list, that nobody else holds."""
        if isinstance(value, list):
            return [self.copy_value(item) for item in value]
        plain = self.probe.plain(value)
        return self.probe.like(plain, value) if plain is not value else value

    def run(self, module: Any, call: ProbeCall, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run a module in its present mode; return plain values by output port."""
        own = {name: self.copy_value(value) for name, value in (values or call.values).items()}
        outputs = self.probe.call(module, call.use, call.sizes, own)
        return dict(zip(module.outputs, map(self.probe.plain, outputs), strict=True))

    def evaluate(self, module: Any, call: ProbeCall, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run a module in evaluation mode, on one and the same random stream; return plain values by output port."""
        self.probe.train(module, False)
        with self.probe.seeded(5):
            return self.run(module, call, values)


def _succeeds(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except Exception:  # noqa: BLE001 - an author's code may raise anything
        return False
    return True


def plain_data(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as a file gives them back.

    Raises:
        ParameterError: a live object is among them.
    """
    data: dict[str, Any] = json.loads(json.dumps(thaw(freeze(params))))
    return data


def label(params: Mapping[str, Any]) -> str:
    """Return parameters in a few words that are the same in every process: `feat_in=64,norm=post`; files by name."""
    parts = (f"{key}={value if isinstance(value, str | Path) else repr(value)}" for key, value in params.items())
    # brackets, quotes and slashes mean something to -k and to shells
    text = ",".join(re.sub(r"[^\w=,.+\- ]+", "", re.sub(r"[^=]*/", "", part)) for part in parts)
    return text if len(text) <= LONGEST_LABEL else f"{text[:LONGEST_LABEL].rstrip(' ,')}..."


def _is_common(key: str, examples: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether a parameter has the same value in all of several examples."""
    return len(examples) > 1 and all(key in params and params[key] == examples[0].get(key) for params in examples)
