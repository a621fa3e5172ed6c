"""NM0xx: types, tags and kinds that are written or declared in a way that has no meaning."""

from __future__ import annotations

from typing import Final

NOTATIONS: Final[dict[str, tuple[str, str]]] = {
    "NM001": (
        "this is no neural type",
        """\
A type is a row of axes, each a tag and perhaps a size, then perhaps the kind
of its values after a semicolon. Tags and kinds begin with a capital letter,
sizes with a small one, and a size has no spaces in it. What cannot be read is
never guessed: a type that means something else would let wrong values through.

  wrong:  "B Time: t"          "B T t"      "B T:(t+1)/2"
  right:  "B Time:t"           "B T:t"      "B T:(t+1)//2"

Other forms are {} for anything at all, "; Loss" for one number, "object Text"
for values that are no tensors, and "list[...]".""",
    ),
    "NM002": (
        "there is no such tag",
        """\
The names in a notation are those of nm-types and those given with tags=[...].
A misspelt name never makes a new tag: a new tag fits nothing, and the ports
that you meant to connect would refuse each other.

  wrong:  ports(x="B Spectogram:64 T")
  right:  ports(x="B Spectrogram:64 T")

Declare a tag of your own below the one it specialises, and give it along:

  class PhonemeTag(TokenTag, id="asr.Phoneme"): ...
  ports(x="B Phoneme:u", tags=[PhonemeTag])""",
    ),
    "NM003": (
        "there is no such kind of values",
        """\
The kind stands after the semicolon and says what the numbers are. Its names
are those of nm-types and those given with kinds=[...]; as with tags, a misspelt
name is an error and never something new.

  wrong:  ports(y="B T Class:29 ; Logprobs")
  right:  ports(y="B T Class:29 ; LogProbs")

Declare a kind of your own below the one it specialises, and give it along:

  class Phonemes(Labels, id="asr.Phonemes"): ...
  ports(y="B Token:u ; Phonemes", kinds=[Phonemes])""",
    ),
    "NM004": (
        "a tag or a kind is declared in a way that cannot work",
        """\
Tags and kinds form a tree, so that there is always one answer to whether one
is the other: one parent each, an id of its own in your namespace, no instances
of tags, and for kinds one dtype family (float, int, bool, object) that
children keep. With two parents a value would be two things at once, and
which ports take it would depend on who asks.

  wrong:  class FrameTag(TimeTag, TokenTag, id="my.Frame"): ...
  right:  class FrameTag(TimeTag, id="my.Frame"): ...

Keep the parent that says what it is, and write the class, not an instance:
AxisType(TimeTag).""",
    ),
    "NM005": (
        "a constructor parameter in a type has no usable value",
        """\
A name in braces, as in Encoded:{feat_in}, is a constructor parameter of the
module or one of its derived sizes. Ports are known before the module is made,
so the value must be a size: a whole number of at least 1, an expression over
the names of the ports, or None for an unknown size.

  wrong:  Decoder(feat_in=0)          Decoder(feat_in=128.0)
  right:  Decoder(feat_in=128)

As the author: add the missing name to the parameters of the constructor, or
compute it in the static method sizes(params). A type that is connected by hand
is bound first: type.bind({"feat_in": 128}).""",
    ),
}
