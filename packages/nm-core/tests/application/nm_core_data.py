"""Random plain data and random applications, for properties of readers and writers."""

from typing import Any

from hypothesis import strategies as st

from nm_core.application.form.entries import (
    ApplicationEntry,
    CallbackEntry,
    CallEntry,
    EvalEntry,
    GraphEntry,
    InitEntry,
    MetricEntry,
    ModuleEntry,
    Reference,
    TrainEntry,
    Value,
)

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
DOTTED = st.builds(".".join, st.lists(NAMES, min_size=1, max_size=2))
TEXTS = st.text(max_size=12) | st.sampled_from(
    [
        "yes",
        "no",
        "on",
        "null",
        "~",
        "1e3",
        "2e-2",
        "0x1f",
        "007",
        "-",
        "a: b",
        "# c",
        "$x",
        "$$",
        "'",
        "[",
        "y",
        ".5",
        "1_0",
    ]
)
NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXTS
DATA: Any = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS.filter(bool), inner, max_size=4),
    max_leaves=12,
)
PARAMS = st.dictionaries(NAMES, DATA, max_size=3)
OUTPUTS = st.builds(Reference, DOTTED, NAMES)
GRAPH_OUTPUTS = st.builds(Reference, NAMES, NAMES)
SOURCES = st.builds(Reference, st.none() | DOTTED, NAMES)
CONSTANTS = st.builds(Value, st.booleans() | NUMBERS | TEXTS)
INPUTS = SOURCES | st.lists(SOURCES, min_size=1, max_size=3).map(tuple) | CONSTANTS

INITIAL = st.builds(InitEntry, TEXTS, st.booleans())
MODULES = st.builds(
    ModuleEntry, st.from_regex(r"[a-z]{1,5}\.[A-Z][a-z]{0,5}", fullmatch=True), st.none() | st.integers(1, 99), PARAMS
) | st.builds(ModuleEntry, graph=NAMES)
CALLS = st.builds(CallEntry, DOTTED, DOTTED, st.dictionaries(NAMES, INPUTS, max_size=3))
GRAPHS = st.builds(
    GraphEntry,
    st.lists(CALLS, min_size=1, max_size=3).map(tuple),
    st.dictionaries(NAMES, OUTPUTS, min_size=1, max_size=2),
    st.dictionaries(NAMES, TEXTS, max_size=2),
    st.sampled_from(["error", "transpose"]),
)
METRICS = st.builds(
    MetricEntry,
    st.just("asr.WordErrorRate"),
    PARAMS,
    st.dictionaries(NAMES, GRAPH_OUTPUTS, max_size=2),
    st.none() | NAMES,
)
METRIC_LISTS = st.lists(METRICS, min_size=1, max_size=2).map(tuple)
CALLBACKS = st.builds(CallbackEntry, TEXTS.filter(bool), PARAMS, st.none() | st.just("eval") | METRIC_LISTS)
NAMED = PARAMS.map(lambda params: {"name": "novograd"} | {k: v for k, v in params.items() if k != "name"})
TRAININGS = st.builds(
    TrainEntry,
    st.lists(GRAPH_OUTPUTS, min_size=1, max_size=2).map(tuple),
    optimizer=NAMED,
    policy=st.none() | NAMED,
    max_epochs=st.integers(1, 9),
    max_steps=st.none() | st.integers(1, 9),
    batches_per_step=st.integers(1, 9),
    gradient_clip_norm=st.none() | st.floats(0.1, 9),
    precision=st.sampled_from(["fp32", "bf16"]),
    deterministic=st.booleans(),
    work_dir=st.none() | TEXTS,
    callbacks=st.lists(CALLBACKS, max_size=2).map(tuple),
)
APPLICATIONS = st.builds(
    ApplicationEntry,
    st.none() | TEXTS,
    st.dictionaries(NAMES, st.just(">=0.1"), max_size=2),
    st.integers(0, 9),
    PARAMS,
    st.dictionaries(DOTTED, MODULES, max_size=3),
    st.dictionaries(NAMES, GRAPHS, max_size=2),
    st.lists(st.lists(TEXTS, min_size=2, max_size=3).map(tuple), max_size=2).map(tuple),
    st.lists(TEXTS, max_size=2).map(tuple),
    st.dictionaries(DOTTED, INITIAL, max_size=1),
    st.dictionaries(NAMES, NAMES, max_size=1),
    st.none() | TRAININGS,
    st.none() | st.builds(EvalEntry, METRIC_LISTS),
)
