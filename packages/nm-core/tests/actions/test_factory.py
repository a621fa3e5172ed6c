"""The factory hands graphs to a backend and owns nothing that outlives it."""

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
from nm_core_fake_backend import factory, speech
from nm_core_samples import Count, Decoder, Encoder

from nm_core import Graph, GraphError, NeuralModuleFactory, NeuralTypeError, PortError, inputs
from nm_core.errors import OptionError
from nm_core.plugins import UnknownModuleError


def test_modules_are_made_by_id_under_their_seed() -> None:
    """A module made by id is seeded by the factory's seed and its name."""
    nf = factory(seed=7)
    encoder = nf.create("sample.Encoder", name="first", width=8)
    assert encoder.params["width"] == 8
    assert (7, "first") in nf.session.asked
    with pytest.raises(UnknownModuleError, match="Encoder"):
        nf.create("sample.Encodr")


def test_training_passes_everything_on() -> None:
    """What train is given reaches the backend; an end is required."""
    nf = factory()
    loss, _ = speech()
    result = nf.train(loss, max_steps=3, optimizer="sgd", batches_per_step=4)
    request = nf.session.asked[-1]
    assert (result.step, request.optimizer, request.batches_per_step, request.losses) == (3, "sgd", 4, (loss,))
    with pytest.raises(GraphError, match="max_epochs or max_steps"):
        nf.train(loss)


def test_metrics_are_bound_by_construction() -> None:
    """A metric made with tensors is typed like a module and evaluated by the factory; unbound it says so."""
    loss, text = speech()
    nf = factory()
    assert nf.eval(Count(text=text, weight=2.0)) == {"count": 4.0}
    with pytest.raises(GraphError, match="not connected"):
        nf.eval(Count())
    with pytest.raises(NeuralTypeError):
        Count(text=loss)


def test_inference_gives_records_one_by_one() -> None:
    """Records are made when they are asked for and collect into lists."""
    nf = factory()
    _, text = speech()
    records = nf.infer([text])
    assert nf.session.asked == []
    assert next(records) == {"text": 0}
    assert records.collect() == {"text": [1]}


def test_free_inputs_must_be_given() -> None:
    """A graph with free inputs says which values it needs, and which it does not know."""
    nf = factory()
    _, text = speech()
    spec, length = (call for call in Graph(text).calls if call.module.name == "features").__next__().tensors()[:2]
    graph = Graph(text, inputs={"spec": spec, "length": length})
    with pytest.raises(PortError, match=r'"spec" was not given; "length" was not given(.|\n)*are spec, length'):
        nf.infer(graph)
    with pytest.raises(PortError, match=r'no input "lenth" Did you mean "length".*; "length" was not given'):
        nf.infer(graph, inputs={"spec": 1, "lenth": 2})
    with pytest.raises(PortError, match=r'no input "spec"(.|\n)*data layers drive it'):
        nf.infer(text, inputs={"spec": 1})
    assert nf.infer(graph, inputs={"spec": 1, "length": 2}).collect() == {"text": [0, 1]}


def test_free_inputs_that_lead_nowhere_need_no_value() -> None:
    """Inputs that were made together may be used in part; a value of one that is not used is no mistake."""
    nf = factory()
    encoded, _ = inputs(encoded="B Encoded:32 T:t", other="B")
    graph = Graph(Decoder()(encoded=encoded).log_probs)

    for given in ({"encoded": 1}, {"encoded": 1, "other": 2}):
        nf.infer(graph, inputs=given).collect()
        request = nf.session.asked[-1]
        assert (list(graph.inputs), list(request.graph.needed)) == (["encoded", "other"], ["encoded"])


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        (lambda nf: nf.tie(3, 4), r"names of weights, and 3 was given(.|\n)*encoder\.weight"),
        (lambda nf: nf.tie("a.weight", None), "None was given"),
        (lambda nf: nf.freeze(3), r"a pattern of names of weights, and 3 was given(.|\n)*encoder\.\*\*"),
        (lambda nf: nf.freeze(Encoder(width=8, name="first")), r'by the name of the module: "first\.\*\*"'),
        (lambda nf: nf.save(3, {}), "the path of a folder first, and 3 was given"),
        (lambda nf: nf.save("x", 3), r"graphs by their names, and 3 was given(.|\n)*Graph\("),
        (lambda nf: nf.save("x", {}), "graphs by their names, and {} was given"),
        (lambda nf: nf.save("x", {"infer": 3}), "3 was given as 'infer'"),
        (lambda nf: NeuralModuleFactory(collections=3), r"collections is what(.|\n)*Leave it out"),
    ],
)
def test_what_is_no_name_or_no_graph_is_refused(call: Callable[[Any], object], advice: str) -> None:
    """Before anything is remembered: a factory goes on as if it had not been asked."""
    nf = factory()
    with pytest.raises(OptionError, match=advice):
        call(nf)
    assert not nf.ties
    assert not nf.frozen


def test_ties_and_freezing_wait_for_their_modules() -> None:
    """A fact about modules that are not known yet is applied when they are."""
    nf = factory()
    nf.freeze("encoder.**")
    nf.tie("encoder.weight", "other.weight")
    assert not any(asked[0] == "tie" for asked in nf.session.asked)
    nf.train(speech()[0], max_steps=1)
    assert ("freeze", "encoder.**", ["encoder"]) in nf.session.asked
    assert not any(asked[0] == "tie" for asked in nf.session.asked if isinstance(asked, tuple))


def test_a_tied_weight_is_frozen_by_either_name() -> None:
    """What a tie puts in the place of a frozen weight is frozen, too; modules that nothing concerns are left alone."""
    nf = factory()
    nf.freeze("one.**")
    nf.tie("two.weight", "one.weight")

    for name in ("one", "three", "two"):
        nf.create("sample.Encoder", name=name)

    facts = [asked for asked in nf.session.asked if asked[0] in ("tie", "freeze")]
    assert facts == [
        ("freeze", "one.**", ["one"]),
        ("freeze", "one.**", ["three"]),
        ("tie", "two.weight", "one.weight", ["one", "two"]),
        ("freeze", "one.**", ["one", "two"]),
    ]


def test_two_modules_of_one_name_are_refused_across_graphs() -> None:
    """A second encoder under the same name is refused by the factory that knows the first."""
    nf = factory()
    nf.train(speech()[0], max_steps=1)
    with pytest.raises(GraphError, match="another_encoder"):
        nf.train(speech()[0], max_steps=1)
    nf.train(speech(Encoder(name="second"))[0], max_steps=1)
    factory().train(speech()[0], max_steps=1)


def test_nothing_outlives_the_factory() -> None:
    """A factory, its modules and its tensors are gone when the last name for them is."""
    nf = factory()
    loss, text = speech()
    nf.train(loss, max_steps=1)
    gone = [weakref.ref(nf), weakref.ref(nf.session), weakref.ref(loss.call), weakref.ref(loss.call.module)]
    del nf, loss, text
    gc.collect()
    assert [reference() for reference in gone] == [None] * 4
