"""Values against the rules of their kinds, and the aspects of kinds that no value can show."""

from __future__ import annotations

from nm_torch.checking.rules import RULES, OutputValue, ValueFault, summed_axis
from nm_types import Attention, AudioSignal, Features, Index, Kind, Labels, Lengths, Logits, LogProbs, Loss, Mask, Probs

_BEYOND: tuple[tuple[type[Kind], str], ...] = (
    (Features, "what they describe: any finite numbers can be {kind}"),
    (Logits, "what they score: any numbers can be {kind}"),
    (AudioSignal, "that it is {kind}, beyond that it lies between -1 and 1"),
    (Mask, "which positions are real: any truth values can be {kind}"),
    (Lengths, "that they count the right positions, beyond that they fit"),
    (Index, "which samples they number"),
    (Attention, ""),
    (Loss, ""),
    (Labels, ""),
)


def check_values(output: OutputValue) -> ValueFault | None:
    """Return the rule of their kind that values break, or None."""
    kind = output.slot.core.kind
    if kind is None or not output.value.numel():
        return None
    rule = next((rule for ruled, rule in RULES if type(kind).is_a(ruled)), None)
    return None if rule is None else rule(output, kind)


def unchecked_aspect(output: OutputValue) -> str | None:
    """Return the aspect of a value's kind that no rule checks, or None."""
    kind = output.slot.core.kind
    if kind is None:
        return "what its values are: its type names no kind"
    if not output.value.numel():
        return "its values: there were none"
    cls = type(kind)
    if cls.is_a(LogProbs) or (cls.is_a(Probs) and not cls.is_a(Attention)):
        summed = summed_axis(output.slot)
        past = "" if bool(output.real().all()) else " past the lengths"
        if summed is not None:
            return f"its probabilities{past}" if past else None
        return "that its probabilities sum to one: no single axis is a Class"
    if cls.is_a(Labels) and output.limit is None:
        return "its largest value: its type names no number of classes"
    if cls.is_a(Lengths) and output.limit is not None and int(output.value.max()) < output.limit:
        return f"why no sample fills its axis: the longest has {int(output.value.max())} of {output.limit_text}"
    text = next((text for base, text in _BEYOND if cls.is_a(base)), f"anything about its values: {kind} has no test")
    return text.format(kind=kind) or None
