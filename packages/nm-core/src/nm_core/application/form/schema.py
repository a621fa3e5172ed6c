"""The shape of an application file, key by key; reading, the JSON Schema and the documentation follow from it."""

from __future__ import annotations

from typing import Any

from nm_core.actions.requests import Settings
from nm_core.actions.train_options import DeclaredOption, EngineOptions, TrainOptions, declared_options
from nm_core.application.form.containers import Field, KeysOf, ListOf, MapOf, OneOf
from nm_core.application.form.entries import (
    FORMAT,
    ApplicationEntry,
    CallbackEntry,
    CallEntry,
    EvalEntry,
    GraphEntry,
    InitEntry,
    Input,
    MetricEntry,
    ModuleEntry,
    Reference,
    TrainEntry,
    Value,
)
from nm_core.application.form.fields import FLAG, Anything, As, Form, OptionForm, TextForm, WordForm, integer
from nm_core.application.text.tree import Data

_WORD = r"[A-Za-z_][A-Za-z0-9_]*"
_DOTTED = rf"{_WORD}(?:\.{_WORD})*"

PORT = TextForm("the name of a port, of one value of a list as in xs[0]", rf"{_WORD}(?:\[[0-9]+\])?")
NAME = TextForm("a name of letters, digits and underscores", _WORD)
MODULE_NAME = TextForm("a name of letters, digits and underscores, perhaps several joined by dots", _DOTTED)
MODULE_ID = TextForm("a module's id, such as asr.JasperEncoder or asr.JasperEncoder@1", rf"{_DOTTED}(?:@[1-9][0-9]*)?")
OUTPUT = TextForm("an output of a call, such as encoder.encoded", rf"{_WORD}(?:\.{_WORD})+")
GRAPH_OUTPUT = TextForm("an output of a graph, such as train.loss", rf"{_WORD}\.{_WORD}")
SOURCE = TextForm("an output of a call, such as encoder.encoded, or one of the graph's inputs", _DOTTED)
PATTERN = TextForm("a pattern of weight names, such as encoder.**")
DATA: Form[Any] = MapOf(Anything(), "a mapping from names to plain data")


def reference(text: str) -> Reference:
    """Return the reference that `encoder.encoded`, or the bare name of a free input, is the text of."""
    call, _, port = text.rpartition(".")
    return Reference(call or None, port)


def _module(type: str | None, params: dict[str, Data], graph: str | None) -> ModuleEntry:
    if (type is None) == (graph is None):
        raise ValueError(
            "A module has either a type or a graph.\n"
            "  Write {type: asr.JasperEncoder, params: {...}}, or {graph: name}."
        )
    if graph is not None and params:
        raise ValueError("A module made from a graph has no params.\n  Its modules have theirs under modules:.")
    # Apart, since an upgrade compares the version of the file with that of the installed module.
    id, _, version = (type or "").partition("@")
    return ModuleEntry(id or None, int(version) if version else None, params, graph)


def _call(module: str, label: str | None, inputs: dict[str, Input], casts: dict[str, tuple[int, ...]]) -> CallEntry:
    return CallEntry(module, label or module, inputs, casts)


def _as_mapping(value: str | dict[str, Data]) -> dict[str, Data]:
    if isinstance(value, str):
        return {"name": value}
    if not isinstance(value.get("name"), str):
        raise ValueError("The name is missing.\n  Write a name, or a mapping with a name: {name: novograd, lr: 0.02}.")
    return value


def _metrics(value: str) -> str:
    if value != "eval":
        raise ValueError(
            f'metrics is the text "{value}".\n  Expected a list of metrics, or eval for those of the eval section.'
        )
    return value


def _version(value: str) -> str:
    if value != FORMAT:
        raise ValueError(f'The format is "{value}".\n  This version of nm-core reads {FORMAT}.')
    return value


_PATH = TextForm("a path")
_SOURCE = As(SOURCE, reference)
_GRAPH_OUTPUT = As(GRAPH_OUTPUT, reference)
_CONSTANT: Form[Any] = OneOf("a constant", {"number": As(Anything(), Value), "text": As(TextForm(), Value)})
_INPUT: Form[Any] = OneOf(
    "an output of a call, a list of them, a number, or {value: constant}",
    {
        "text": _SOURCE,
        "list": ListOf(_SOURCE, minimum=1),
        "number": As(Anything(), Value),
        "mapping": KeysOf("a constant", lambda value: value, {"value": Field(_CONSTANT, "The constant.")}),
    },
)
_NAMED: Form[Any] = OneOf(
    "a name, or a mapping with a name", {"text": As(TextForm(), _as_mapping), "mapping": As(DATA, _as_mapping)}
)
_FORMAT = As(TextForm("the version of the format: app/1"), _version, {"const": FORMAT})
_REQUIRES = MapOf(TextForm("versions, such as >=0.1"), "a mapping from packages to versions")
_PARAMS = MapOf(Anything(), "a mapping", NAME)
_WEIGHTS = ListOf(TextForm("a weight's name"), "a list of weights, at least two", 2)
_TASKS = MapOf(NAME, "a mapping from verbs to graphs", NAME)
_CALL_INPUTS = MapOf(_INPUT, "a mapping from ports to what they are given", NAME)
_AXES = ListOf(integer(0), "a list of axes, such as [0, 2, 1]", 2)
_ORDERS = MapOf(_AXES, "a mapping from ports to orders of axes", PORT)
_GRAPH_INPUTS = MapOf(TextForm("a type, such as B T:t"), "a mapping from names to types", NAME)
_GRAPH_OUTPUTS = MapOf(As(OUTPUT, reference), "a mapping from names to outputs of calls", NAME)
_CASTS = WordForm(("error", "transpose"))
_METRIC_INPUTS = MapOf(_GRAPH_OUTPUT, "a mapping from ports to outputs of graphs", NAME)
_LOSSES: Form[Any] = OneOf(
    "a list of outputs of graphs",
    {"list": ListOf(_GRAPH_OUTPUT, minimum=1), "text": As(_GRAPH_OUTPUT, lambda value: (value,))},
)


def option_fields(options_class: type) -> dict[str, Field]:
    """Return the keys of a section for the options that a class declares."""
    return {name: _option_field(declared) for name, declared in declared_options(options_class).items()}


def _option_field(declared: DeclaredOption) -> Field:
    option, default = declared.option, declared.default
    if option.by_name:
        return Field(_NAMED, option.about, default if default is None else _as_mapping(default))
    if declared.words:
        return Field(WordForm(declared.words), option.about, default)
    shapes: dict[type, dict[str, Data]] = {
        int: {"type": "integer", "minimum": option.at_least, "maximum": option.at_most},
        float: {"type": "number", "exclusiveMinimum": option.above},
    }
    if declared.type in shapes:
        return Field(OptionForm(declared, shapes[declared.type]), option.about, default)
    return Field(FLAG if declared.type is bool else TextForm(), option.about, default)


MODULE = KeysOf(
    "a module",
    _module,
    {
        "type": Field(
            MODULE_ID,
            "The module's id, with the version it was written for: asr.JasperEncoder@1.",
            None,
            essential=True,
        ),
        "params": Field(DATA, "The constructor's parameters.", {}),
        "graph": Field(NAME, "A graph of this file, used as a module; instead of type.", None, essential=True),
    },
)
CALL = KeysOf(
    "a call",
    _call,
    {
        "call": Field(MODULE_NAME, "The module to call.", attribute="module"),
        "as": Field(
            MODULE_NAME,
            "A name for this call, where the module is called more than once.",
            None,
            attribute="label",
            essential=True,
        ),
        "inputs": Field(_CALL_INPUTS, "What each port is given.", {}),
        "casts": Field(_ORDERS, "Ports whose value is transposed: the axes of the value in the order of the port.", {}),
    },
)
GRAPH = KeysOf(
    "a graph",
    GraphEntry,
    {
        "inputs": Field(_GRAPH_INPUTS, "Free inputs and their types.", {}),
        "casts": Field(
            _CASTS, "Whether axes in another order are an error or a visible cast.", "error", stand_in="transpose"
        ),
        "calls": Field(ListOf(CALL, "a list of calls, at least one", 1), "The calls, in any order.", stand_in=()),
        "outputs": Field(_GRAPH_OUTPUTS, "The graph's outputs.", stand_in={}),
    },
)
METRIC = KeysOf(
    "a metric",
    MetricEntry,
    {
        "type": Field(MODULE_ID, "The metric's id, such as common.WordErrorRate."),
        "params": Field(DATA, "The constructor's parameters.", {}),
        "inputs": Field(_METRIC_INPUTS, "What each port reads.", {}),
        "name": Field(NAME, "A name for its scores.", None, essential=True),
    },
)
_METRIC_LIST = ListOf(METRIC, "a list of metrics, at least one", 1)
_EVALUATED: Form[Any] = OneOf("a list of metrics, or eval", {"list": _METRIC_LIST, "text": As(TextForm(), _metrics)})
CALLBACK = KeysOf(
    "a callback",
    CallbackEntry,
    {
        "type": Field(TextForm(), "The callback's name, such as checkpoint."),
        "params": Field(DATA, "The constructor's parameters.", {}),
        "metrics": Field(
            _EVALUATED, "Metrics that the callback evaluates: a list, or eval for those of the eval section.", None
        ),
    },
)
TRAIN = KeysOf(
    "the train section",
    TrainEntry,
    {
        "optimize": Field(_LOSSES, "The losses, as outputs of graphs: [train.loss]. Several are added.", stand_in=()),
        **option_fields(TrainOptions),
        **option_fields(EngineOptions),
        "work_dir": Field(_PATH, "Where checkpoints and logs go.", None),
        "callbacks": Field(ListOf(CALLBACK, "a list of callbacks"), "What happens besides.", ()),
    },
)
EVAL = KeysOf(
    "the eval section",
    EvalEntry,
    {"metrics": Field(_METRIC_LIST, "The metrics by which the application is judged.", stand_in=())},
)
_INITIAL: Form[Any] = OneOf(
    "a path, or {from: path, partial: true}",
    {
        "text": As(_PATH, InitEntry),
        "mapping": KeysOf(
            "an entry of init_from",
            InitEntry,
            {
                "from": Field(_PATH, "A saved application, a module in one, or a file of weights.", attribute="path"),
                "partial": Field(FLAG, "Whether weights that do not fit stay as they were made.", False),
            },
        ),
    },
)
_INITIALS = MapOf(_INITIAL, "a mapping from modules to paths", MODULE_NAME)
APPLICATION = KeysOf(
    "an application",
    lambda nm, **values: ApplicationEntry(**values),
    {
        "nm": Field(_FORMAT, "The version of the format.", stand_in=FORMAT),
        "description": Field(TextForm(), "What the application is, for people.", None),
        "requires": Field(_REQUIRES, "Packages it needs.", {}),
        "seed": _option_field(declared_options(Settings)["seed"]),
        "params": Field(_PARAMS, "Values that $name stands for anywhere else in the file.", {}),
        "modules": Field(MapOf(MODULE, "a mapping from names to modules", MODULE_NAME), "The modules by name.", {}),
        "graphs": Field(MapOf(GRAPH, "a mapping from names to graphs", NAME), "The graphs by name.", {}),
        "tie": Field(ListOf(_WEIGHTS), "Weights that are one weight.", ()),
        "freeze": Field(ListOf(PATTERN, "a list of patterns"), "Weights that do not learn.", ()),
        "init_from": Field(_INITIALS, "Saved weights that modules begin with.", {}),
        "tasks": Field(_TASKS, "The graph behind a verb, where it is not infer.", {}),
        "train": Field(TRAIN, "How it is trained.", None),
        "eval": Field(EVAL, "How it is judged.", None),
    },
)


def json_schema() -> dict[str, Data]:
    """Return the format as JSON Schema (2020-12), for editors."""
    head: dict[str, Data] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "nm-core:app-1",
        "title": "A Neural Modules application (app/1)",
    }
    return head | APPLICATION.schema()
