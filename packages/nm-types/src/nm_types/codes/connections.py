"""NM1xx: connections whose types do not fit, found while the graph is being built."""

from __future__ import annotations

from typing import Final

CONNECTIONS: Final[dict[str, tuple[str, str]]] = {
    "NM101": (
        "an axis means something else",
        """\
Two axes are in one place and their tags are unrelated: neither is above the
other in the tree of tags. The ranks match, the semantics do not. The shapes may
even agree by chance; the network would then train on numbers that mean nothing
in that place, without any error.

  wrong:  decoder(encoder_output=words)       # Batch Token Embedding
  right:  decoder(encoder_output=encoded)     # Batch Encoded Time

Connect the output that was meant, or put a module between that turns one
meaning into the other (an embedding, a projection, a pooling).""",
    ),
    "NM102": (
        "the number of axes differs",
        """\
The port expects more or fewer axes than it is given. Frameworks broadcast such
values in silence, and a loss over [B] and [B, T] is then a number of the wrong
thing. Here nothing is added or dropped by itself.

  wrong:  classifier(x=encoded)               # Batch Encoded Time
  right:  classifier(x=pool(encoded))         # Batch Encoded

Connect an output of that rank, or put a module between that reduces, expands
or reshapes by name.""",
    ),
    "NM103": (
        "what is given is too general",
        """\
The port needs a more specific meaning than the output promises: an Embedding
into a WordEmbedding port, {} into a typed one. Every word embedding is an
embedding, but not the other way round: an image embedding would pass as well,
and the result would be noise. The other direction needs nothing.

  wrong:  tagger(words=vectors)               # Batch Token Embedding
  right:  tagger(words=assume(vectors, "B Token WordEmbedding"))

If you are the author of the output, declare what it really gives. Otherwise
say that you know it, where everybody sees it, with nm_core.assume: it stands in
the graph, and what shapes can show of it is checked when the graph runs.""",
    ),
    "NM104": (
        "axes are in a different order",
        """\
Both sides have the same axes in another order. Convolutions and matrix products
run on either order as soon as the sizes allow it, so a framework would train
this to the end, mixing time with channels, and never converge.

  wrong:  encoder(audio_signal=features)      # Batch Time Spectrogram
  right:  encoder(audio_signal=transpose(features, "B Spectrogram T"))

Transpose the value with nm_core.transpose, which names the order, or allow it
for a block of calls (with nm_core.casts("transpose"):) or for a graph of a file
(casts: transpose). The transpose is then part of the graph and of its drawing.""",
    ),
    "NM105": (
        "sizes differ",
        """\
Two sizes that must agree are different for all values they could have: by a
constant (64 and 40), by divisibility (2*t and 2*u+1) or by their bounds (t and
t+t//2). Within one call a name means one size for all ports. Found here, it
costs no queue and no hour of loading data before the first batch fails.

  wrong:  Encoder(feat_out=256), Decoder(feat_in=128)
  right:  Encoder(feat_out=256), Decoder(feat_in=256)

Construct the two modules with sizes that agree; in a file, give both the same
value by name ($features).""",
    ),
    "NM106": (
        "the kind of values differs",
        """\
The axes agree, the values do not. A loss computes on any float: with logits in
the place of log-probabilities it gives numbers, even gradients, and a model
that learns badly for a reason that no shape shows. Labels are no lengths, a
mask is no probability.

  wrong:  ctc_loss(log_probs=logits, ...)
  right:  ctc_loss(log_probs=log_softmax(logits), ...)

Connect another output, or convert the values with a module (LogSoftmax turns
Logits into LogProbs, ArgMax turns them into Labels).""",
    ),
    "NM107": (
        "sizes of unrelated axes are swapped",
        """\
A size stands for the axis that declares it. Here a size of one meaning (the
tokens of a transcript) would have to equal a size of another (the frames of
an encoder): two lengths are swapped. Both are vectors of small integers, so
training would run, on utterances cut to the length of their text.

  wrong:  ctc_loss(..., input_length=text_len, target_length=encoded_len)
  right:  ctc_loss(..., input_length=encoded_len, target_length=text_len)

Connect each length to the port of the axis that it measures.""",
    ),
    "NM108": (
        "sizes agree only by accident",
        """\
An equation of one size with itself at different growth, as t = (t+1)//2, holds
for a few sizes only. It is the mark of lengths that were not subsampled
together with their features. The loss would read past the end of each
utterance, into padding: it falls, and the transcripts stay empty.

  wrong:  ctc_loss(log_probs=decoded, input_length=spec_len, ...)
  right:  ctc_loss(log_probs=decoded, input_length=encoded_len, ...)

Connect the lengths that the subsampling module gives out beside its features.""",
    ),
    "NM109": (
        "axes are in a different order, and more than one order would fit",
        """\
Some tags occur more than once, so the tags alone do not say which axis goes
where, and sizes never choose: they would choose differently for another batch.
A guess that is wrong half of the time is worse than an error.

  wrong:  attend(scores=pairs)    # expects B T T, given T B T: which is which?
  right:  attend(scores=pairs)    # expects B Token T, given B Token T

Give the axes tags that tell them apart (a tag of your own below Time will do),
or let the module that makes the value give its axes in the order of the port.""",
    ),
    "NM110": (
        "a tensor, an object or a list in the wrong place",
        """\
Tensors, objects (object Text) and lists (list[...]) do not turn into each other
by themselves: which item of a list, which encoding of a text would be a guess
that changes results.

  wrong:  word_error_rate(hypotheses=log_probs, ...)
  right:  word_error_rate(hypotheses=greedy_decoder(log_probs), ...)

Connect an output of that form, or put a module between that converts: a
decoder to texts, a tokenizer to tensors, a module that stacks a list.""",
    ),
    "NM111": (
        "a tag variable cannot stand for all that it meets",
        """\
'A in the type of a port is one tag for all ports of a call: the nearest common
ancestor of what it meets, at or below its bound ('A<=Channel). Two tags without
one are two different things, and adding or comparing them has no meaning.

  wrong:  add(a=words, b=frames)      # 'A meets Token and Time
  right:  add(a=left, b=right)        # Spectrogram and Encoded: Channel

Connect values whose axes mean the same, or convert one of them first.""",
    ),
    "NM112": (
        "a row cannot stand for all that it meets",
        """\
*s in the type of a port is one sequence of axes for all ports of a call: the
same number of axes, with related tags and equal sizes. Where a framework would
broadcast one value over the other, or concatenate along the axis that happens
to have that number, this stops.

  wrong:  add([spectrogram, loudness])        # B C T and B T
  right:  add([spectrogram, another])         # B C T and B C T

A row may stand around an axis that is found by its tag (*a Channel *b): then
exactly one axis of the value must have that meaning. Connect values with the
same axes, convert one of them first, or name the axis more precisely.""",
    ),
    "NM113": (
        "the sizes of the values differ",
        """\
The kind of the values is right, one of its sizes is not: audio of 8 kHz for a
model of 16 kHz, labels of another vocabulary, lengths of another axis. Shapes
never show this. A model hears everything at double speed, or learns that "a" is
"b", and only its error rate tells, weeks later.

  wrong:  loader of 30 labels, decoder with num_classes=28
  right:  loader of 28 labels, decoder with num_classes=28

Construct the modules with one and the same value (in a file: $labels), connect
the other output, or convert: resample, map the labels.""",
    ),
    "NM114": (
        "an output would have no elements",
        """\
With these inputs a size of an output is below 1, whatever the data: the input
is shorter than the module takes, as 3 frames are for a kernel of 11 without
padding. Frameworks give an empty tensor, its mean is nan, and so is the model
after the first step.

  wrong:  encoder(x="B C T:3")          # T:(t-10)//2 frames come out
  right:  encoder(x="B C T:64")

Give the module longer inputs, or construct it with a smaller kernel or stride.""",
    ),
    "NM115": (
        "connections that are possible one by one cannot hold together",
        """\
Each connection could hold for some sizes, but not all of them in one graph: one
asks that two sizes are equal, another that they differ. No batch would satisfy
all of them, so the first one would fail, or pass by broadcasting.

  wrong:  add(a=x, b=y)  and  join(a=x, b=y)    # n = m  and  n + 1 = m
  right:  add(a=x, b=y)  and  join(a=x, b=longer)

The message lists the connections that take part; one of them is wrong. Connect
outputs whose sizes agree, or leave one of the calls out of the graph.""",
    ),
}
