"""Checks of a module before it computes: its class, its parameters, its ports, its place in a file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from inspect import Parameter, formatannotation
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nm_core.actions.factory import NeuralModuleFactory
from nm_core.application import load_application
from nm_core.graphs.graph import Graph
from nm_core.modules.signature import signature_of
from nm_core.probing.calling import by_port, record_call, symbols
from nm_core.probing.port_uses import Use, uses_of
from nm_core.probing.probe import ConformanceError
from nm_core.probing.probe_inputs import candidates, integer_params
from nm_core.probing.slots import AnythingTag, concrete
from nm_core.symbols.parameters import complete, constructor_parameters, takes_options
from nm_core.testing.collections.suite import Case, plain_data
from nm_core.testing.collections.verdicts import check
from nm_core.testing.expectations import expect_error, hold
from nm_types import AxisType, BatchTag, HeightTag, NeuralType, NeuralTypeError, NmError
from nm_types.notation import Row, Structure

PLAIN = "Let the constructor take plain data alone (numbers, text, lists, mappings, paths), and keep it as it is."
FOLLOW = "Let sizes and ports_of follow from the parameters and from nothing else."
ALIEN = NeuralType("object Text")


@check(since=1)
def target(case: Case) -> None:
    """The declaration leads to a class of its own, with the same ports on every backend."""
    cls, collections = case.cls, case.suite.collections
    id = collections.id_of(cls)
    do = "Let the target name the module in which the class is defined, and give each class one id."
    hold(id == case.module_id, f"{case.module_id} leads to {cls.__module__}:{cls.__qualname__}, whose id is {id}.", do)
    spec = collections.modules.get(case.module_id)
    for backend in spec.targets if spec is not None else ():
        variant = collections.resolve(case.module_id, backend)
        same = list(cls.input_ports) == list(variant.input_ports) and list(cls.output_ports) == list(
            variant.output_ports
        )
        hold(same, f"{case.module_id} has other ports on {backend}.", "A module has the same ports on every backend.")


@check(since=1)
def constructs(case: Case) -> None:
    """Its parameters are plain data, and what is made of those that a file keeps is the same."""
    if case.failure is not None:
        raise case.failure
    if case.missing_params:
        raise ConformanceError(_explain_missing(case))
    module = case.make()
    hold(not module.opaque, f"{case.id} holds live objects: {', '.join(sorted(module.opaque))}.", PLAIN)
    _hold_same(case, module, case.make(params=plain_data(module.params)), "Made of its own parameters", ())


@check(since=1, applies=Case.has_ports)
def signature(case: Case) -> None:
    """Its ports follow from its parameters alone, whether they come from Python or from a file."""
    module = case.make()
    for params in (module.params, complete(case.cls, constructor_parameters(case.cls), plain_data(module.params))):
        ports = signature_of(case.cls, params)
        computed, declared = ([*each.inputs.values(), None, *each.outputs.values()] for each in (ports, module))
        message = f"{case.id} has the ports {module.inputs} -> {module.outputs}; computed once more they are "
        hold(computed == declared, f"{message}{ports.inputs} -> {ports.outputs}.", FOLLOW)


@check(since=1, applies=lambda case: case.has_ports() and not case.is_metric)
def application(case: Case) -> None:
    """A graph of one call is saved and read back: the same module, with the same ports."""
    module = case.make()
    graph = Graph(dict(zip(module.outputs, _call(module), strict=True)), name="main")
    with TemporaryDirectory() as folder:
        factory = NeuralModuleFactory(backend=case.backend, placement="cpu", collections=case.suite.collections)
        saved = factory.save(Path(folder) / "saved", {"main": graph})
        settings: dict[str, Any] = {"collections": case.suite.collections, "backend": case.backend, "placement": "cpu"}
        loaded = load_application(saved, **settings).modules[module.name]
        # files of parameters lie in the saved folder now: their paths are others
        _hold_same(case, module, loaded, "Read back", {*type(module).asset_params, *type(module).path_params})


@check(since=1, applies=lambda case: case.has_ports() and bool(case.ports.inputs))
def connections(case: Case) -> None:
    """A wrong connection raises NeuralTypeError; an input that is missing or unknown raises an error of ours."""
    module = case.make()
    use = uses_of(module, {})[0]
    sizes = _smallest_sizes(module, use)
    do = "Leave __call__, bind and type_edges to the base class, or raise what they raise."
    for slot in use.inputs:
        for wrong in _wrong_types(module.inputs[slot.port].type, concrete(slot, sizes)):
            tensors = symbols(use, sizes, {slot.name: wrong})
            with expect_error(f'"{wrong}" for {slot.name}, "{slot.type}" of {case.id},', do, NeuralTypeError):
                _connect(case, module, by_port(module, use, tensors))
    tensors = by_port(module, use, symbols(use, sizes))
    with expect_error(f'{case.id} with an input "nothing_of_mine"', do, NmError):
        _connect(case, module, {**tensors, "nothing_of_mine": next(iter(tensors.values()))})
    required = [name for name, port in module.inputs.items() if not port.optional]
    if len(required) > 1:
        with expect_error(f"{case.id} without {required[0]}", do, NmError):
            _connect(case, module, {name: tensor for name, tensor in tensors.items() if name != required[0]})


@check(since=2)
def options(case: Case) -> None:
    """Type checkers let its constructor take a name."""
    hold(
        takes_options(case.cls),
        f"Type checkers refuse name= where {case.id} is made: {case.cls.__qualname__} takes its own parameters alone.",
        "End it with **options: Unpack[ModuleOptions], and call super().__init__(**options).",
    )


STATIC = (target, constructs, signature, application, connections, options)
"""The checks of a module's declaration."""


def _hold_same(case: Case, module: Any, copy: Any, when: str, moved: Collection[str]) -> None:
    """Compare two modules: parameters but those that are files in another place, and ports."""
    params, copied_params = (
        {name: value for name, value in plain_data(each.params).items() if name not in moved} for each in (module, copy)
    )
    hold(params == copied_params, f"{when}, {case.id} has the parameters {copied_params}, not {params}.", PLAIN)
    for side in ("inputs", "outputs"):
        ports, copied_ports = (list(getattr(each, side).values()) for each in (module, copy))
        hold(ports == copied_ports, f"{when}, {case.id} has the {side} {copied_ports}, not {ports}.", FOLLOW)


def _call(module: Any) -> tuple[Any, ...]:
    """Record one call of a module."""
    if module.segment == "source":
        result = module()
        return result if isinstance(result, tuple) else (result,)
    use = uses_of(module, {})[0]
    sizes = _smallest_sizes(module, use)
    return record_call(module, use, sizes, {slot.name: _writable(concrete(slot, sizes)) for slot in use.inputs})


def _writable(type: NeuralType) -> NeuralType:
    """Return a type with the tag of heights where a module leaves the meaning open, as a file can write it."""
    if type.form != "tensor":
        return type
    axes = (
        AxisType(HeightTag, axis.size) if isinstance(axis, AxisType) and axis.tag is AnythingTag else axis
        for axis in type.axes
    )
    return NeuralType(Structure("tensor", tuple(axes), type.kind))


def _connect(case: Case, module: Any, tensors: Mapping[str, Any]) -> None:
    (module.fresh().bind if case.is_metric else module)(**tensors)


def _smallest_sizes(module: Any, use: Use) -> dict[str, int]:
    """Return the smallest sizes that ports have."""
    return next(candidates(use, {}, integer_params(module)), {})


def _wrong_types(expected: NeuralType, fitting: NeuralType) -> Iterator[NeuralType]:
    """Yield types that a port must refuse, whatever it is; `{}` refuses nothing."""
    if expected.is_root:
        return
    yield NeuralType("B T:7") if expected.is_object or expected.is_list else ALIEN
    if expected.form == "tensor" and not any(isinstance(axis, Row) for axis in expected.axes):
        yield NeuralType(Structure("tensor", (*fitting.axes, AxisType(BatchTag)), fitting.kind))


def _explain_missing(case: Case) -> str:
    """Say how an author writes an example, so that a module can be made."""
    package = case.cls.__module__.partition(".")[0]
    constant = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", case.name).upper()
    names = ", ".join(parameter.name for parameter in case.missing_params)
    params = ", ".join(f'"{parameter.name}": {_annotation(parameter)}' for parameter in case.missing_params)
    return (
        f"{case.id} cannot be made: it needs {names}, and no example says what.\n"
        f"  Write one into {package}/examples.py, as plain data:\n"
        f"      {constant} = [{{{params}}}]\n"
        f"  and declare it beside nm_collection:\n"
        f"      @hookimpl\n"
        f"      def nm_examples() -> dict[str, str]:\n"
        f'          return {{"{case.name}": "{package}.examples:{constant}"}}'
    )


def _annotation(parameter: Parameter) -> str:
    annotation = parameter.annotation
    if annotation is Parameter.empty:
        return "<...>"
    return f"<{annotation if isinstance(annotation, str) else formatannotation(annotation)}>"
