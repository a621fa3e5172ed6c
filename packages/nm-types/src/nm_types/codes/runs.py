"""NM12x and NM13x: faults that only values show, when a graph runs or a module is checked."""

from __future__ import annotations

from typing import Final

RUNS: Final[dict[str, tuple[str, str]]] = {
    "NM120": (
        "a value has another number of axes than its port says",
        """\
Seen at run time, before the module that takes the value runs: the module that
made it does not do what its output port promises. Without the check the value
might broadcast, and train on something else than was declared.

  wrong:  output_ports = ports(y="B C T")  and  return x.mean(dim=-1)
  right:  output_ports = ports(y="B C")    and  return x.mean(dim=-1)

Correct the module named as the producer: what it returns, or the type of its
port. nm_torch.check_module(module) finds such modules before they are used.""",
    ),
    "NM121": (
        "a value has another shape than its port says",
        """\
Seen at run time, on a connection that could not be decided while the graph was
built: a size was left open, or is a condition on the data (a number of frames
that must be even). It fails before the consumer runs, and blames the producer.

  wrong:  y="B C:64 T:t//2"  and  forward pads to (t+1)//2 frames
  right:  y="B C:64 T:(t+1)//2"

Correct the module named as the producer or the type of its port; where the data
decides (t must be even), pad or cut the samples in the data layer. Naming more
sizes in the ports moves the check to where the graph is built.""",
    ),
    "NM122": (
        "a value has numbers of another family than its port says",
        """\
Seen at run time: the kind of values says float, int or bool, and the value
holds something else. Labels in floats are rounded somewhere, a mask in integers
adds where it should hide.

  wrong:  y="B ; Lengths(t)"  and  return lengths / 2
  right:  y="B ; Lengths(t)"  and  return lengths // 2

Correct the module named as the producer: convert what it returns, or name the
kind that it really gives.""",
    ),
    "NM123": (
        "the values belong to another size than their port says",
        """\
Seen at run time, by the shapes of the axes that declare the sizes: lengths of
one axis where those of another are asked for, on a connection that could not
be decided while the graph was built. A loss would read past the end of each
sample, or stop before it.

  wrong:  loss(x=decoded, x_len=spec_len)       # 200 frames, features of 100
  right:  loss(x=decoded, x_len=encoded_len)    # 100 and 100

Connect the lengths that the module gives out beside its features.""",
    ),
    "NM124": (
        "numbers from outside are not what their kind means",
        """\
Seen before a graph runs on values that were given to it: a length beyond the
axis that it measures, as lengths in samples where frames are asked for; a label
that is no class; audio with samples that are not finite. A model gives a result
for most of these, and it means nothing.

  wrong:  app.infer(spec=spec, length=[16000])   # of 100 frames
  right:  app.infer(spec=spec, length=[100])

Give what the message asks for; inside of a graph, types say it beforehand.""",
    ),
    "NM130": (
        "values are outside of what their kind means",
        """\
Seen by nm_torch.check_module: log-probabilities that do not sum to one, labels
that are no class, lengths beyond the axis they measure, a loss that is not
finite, a text that is none. The types of a graph are believed: whatever takes
these values computes on something that they are not.

  wrong:  y="B T Class:29 ; LogProbs"  and  return self.layer(x)
  right:  y="B T Class:29 ; LogProbs"  and  return self.layer(x).log_softmax(-1)

Correct what forward gives, or name the kind that it really gives.""",
    ),
    "NM131": (
        "a module fails on values that its ports accept",
        """\
Seen by nm_torch.check_module: any graph may connect such values, and the module
raised an error for them. In a training this happens at the first unusual batch:
one sample, one frame, an odd length.

  wrong:  x="B C T:t"    and  x.view(b, c, t // 2, 2)
  right:  x="B C T:2*t"  and  x.view(b, c, t, 2)

Correct forward, or declare ports that say what it takes.""",
    ),
    "NM132": (
        "a module gives another number of values than it has output ports",
        """\
Seen by nm_torch.check_module: forward returns one value for one output port,
and a tuple in the order of the ports for several. Otherwise outputs would be
matched to the wrong names, or a tensor be cut along its batch.

  wrong:  ports(y="B C T:t", y_len="B ; Lengths(t)")  and  return y
  right:  ports(y="B C T:t", y_len="B ; Lengths(t)")  and  return y, y_len

Return what the ports declare, None for an optional output that has no value.""",
    ),
}
