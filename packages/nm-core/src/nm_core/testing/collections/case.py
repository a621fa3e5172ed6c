"""One module or metric under test: made, run on invented values, its results as plain lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from inspect import Parameter
from typing import TYPE_CHECKING, Any

from nm_core.actions.backend import Session
from nm_core.actions.requests import Settings
from nm_core.modules.metric import Metric
from nm_core.modules.module import NeuralModule, Signature, signature_of, snake_case
from nm_core.plugins.declarations import ANY_BACKEND
from nm_core.probing.probe import Probe
from nm_core.probing.probe_inputs import Given, given_for
from nm_core.symbols.parameters import FrozenParams, complete, constructor_parameters, freeze, thaw
from nm_core.testing.expectations import ConformanceError

if TYPE_CHECKING:
    from nm_core.testing.collections.suite import Suite


class NoValuesError(ConformanceError):
    """A module runs on no values that can be invented, so nothing can be said of what it computes."""


@dataclass(frozen=True)
class Case:
    """One module or metric in one example.

    Attributes:
        suite: the collection it belongs to.
        name: its name in there.
        params: the parameters of the example.
        label: the parameters in a few words.
        failure: what its examples raised, where there are none for that reason.
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
        """What messages call it: `asr.JasperEncoder[feat_in=64]`."""
        return f"{self.module_id}[{self.label}]" if self.label else self.module_id

    @cached_property
    def cls(self) -> Any:
        """The class."""
        found = self.suite.collections.resolve(self.module_id)
        if not (isinstance(found, type) and issubclass(found, NeuralModule)):
            raise ConformanceError(
                f"{self.module_id} is declared as {found!r}, which is no neural module.\n"
                "  Let the target name a class derived from NeuralModule, or from that of your framework."
            )
        return found

    @property
    def can_be_imported(self) -> bool:
        """Whether there is a class; where not, `target` fails."""
        try:
            return bool(self.cls)
        except Exception:  # noqa: BLE001 - importing an author's code may raise anything
            return False

    @cached_property
    def lacking(self) -> list[Parameter]:
        """The parameters that the class needs and the example does not give."""
        known = constructor_parameters(self.cls).values()
        return [one for one in known if one.default is Parameter.empty and one.name not in self.params]

    @cached_property
    def ports(self) -> Signature:
        """The ports under the parameters of the example, known without construction."""
        return signature_of(self.cls, complete(self.cls, constructor_parameters(self.cls), self.params))

    def has_ports(self) -> bool:
        """Whether its ports can be known; where not, `target` or `constructs` fails."""
        try:
            return self.failure is None and bool(self.ports)
        except Exception:  # noqa: BLE001 - an author's code may raise anything
            return False

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
        known = self.suite.collections.names("probes")
        own = [name for name in known if self.suite.name in self.suite.collections.owners("probes", name)]
        return next(iter([*own, *known]), declared)

    @cached_property
    def probe(self) -> Probe:
        """What the suite sees of the framework."""
        if not self.suite.collections.owners("probes", self.backend):
            raise ConformanceError(
                f"No installed collection offers a probe for the backend {self.backend!r}, so {self.id} cannot run.\n"
                "  Install a backend (nm-torch), or offer one through the hook nm_probes: see nm_core.testing.Probe."
            )
        made: Probe = self.suite.collections.lookup("probes", self.backend)()
        return made

    @cached_property
    def session(self) -> Session:
        """A session of the backend."""
        self.probe  # noqa: B018 - says what is missing
        settings = Settings(placement="cpu", collections=self.suite.collections)
        opened: Session = self.suite.collections.lookup("backends", self.backend)().open(settings)
        return opened

    @cached_property
    def given(self) -> list[Given]:
        """Values that the module takes: for all of its optional inputs, and for none."""
        module = self.make()
        with self.probe.seeded(0):
            try:
                return given_for(self.probe, module)
            except Exception as error:
                raise NoValuesError(
                    f"{self.id} does not run on invented inputs: {error}\n"
                    f"  {self.id}::ports says more; where nobody can invent them, exempt the module from ports."
                ) from error

    def copied(self, value: Any) -> Any:
        """Return a tensor, or tensors in a list, that nobody else holds."""
        if isinstance(value, list):
            return [self.copied(item) for item in value]
        plain = self.probe.plain(value)
        return self.probe.like(plain, value) if plain is not value else value

    def results(self, module: Any, given: Given, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run a module in the mode that it is in; return plain values by output port."""
        own = {name: self.copied(value) for name, value in (values or given.values).items()}
        found = self.probe.call(module, given.use, given.sizes, own)
        return dict(zip(module.outputs, map(self.probe.plain, found), strict=True))

    def evaluated(self, module: Any, given: Given, values: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run a module in evaluation mode, on one and the same random stream; return plain values by output port."""
        self.probe.train(module, False)
        with self.probe.seeded(5):
            return self.results(module, given, values)


def plain_data(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters as a file gives them back.

    Raises:
        ParameterError: a live object is among them.
    """
    frozen: FrozenParams = freeze(params)
    data: dict[str, Any] = json.loads(json.dumps(thaw(frozen)))
    return data
