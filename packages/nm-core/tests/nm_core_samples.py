"""Small modules in plain Python, from which the tests of nm-core build graphs."""

from typing import Any, ClassVar

from nm_core import CompositeModule, Metric, NeuralModule, optional, ports, variadic


class Features(NeuralModule):
    """A data layer that gives spectrograms and transcripts."""

    segment: ClassVar[Any] = "source"
    output_ports = ports(
        spec="B Spectrogram:{size} T:t",
        length="B ; Lengths(t)",
        labels="B Token:u ; Labels",
        label_length="B ; Lengths(u)",
    )

    def __init__(self, *, size: int = 64) -> None: ...


class Encoder(NeuralModule):
    """An encoder with weights."""

    segment: ClassVar[Any] = "framework"
    input_ports = ports(signal="B Spectrogram:{size} T:t", length="B ; Lengths(t)")
    output_ports = ports(encoded="B Encoded:{width} T:t", encoded_length="B ; Lengths(t)")

    def __init__(self, *, size: int = 64, width: int = 32) -> None: ...

    def has_weights(self) -> bool:
        """Say that names of encoders matter."""
        return True

    def forward(self, signal: Any, length: Any) -> Any:
        """Tag the values, so that a test sees the path they took."""
        return ("encoded", signal), length


class Decoder(NeuralModule):
    """A decoder with an optional second input, which one of its outputs needs."""

    segment: ClassVar[Any] = "framework"
    input_ports = ports(encoded="B Encoded:{width} T:t", length=optional("B ; Lengths(t)"))
    output_ports = ports(
        log_probs="B T:t Class:{classes}+1 ; LogProbs", mask=optional("B T:t ; Mask", needs=("length",))
    )

    def __init__(self, *, width: int = 32, classes: int = 10) -> None: ...

    def forward(self, encoded: Any, length: Any = None) -> Any:
        """Tag the values."""
        return ("log_probs", encoded), length


class Loss(NeuralModule):
    """A loss over log-probabilities and labels."""

    segment: ClassVar[Any] = "framework"
    input_ports = ports(log_probs="B T:t Class ; LogProbs", labels="B Token:u ; Labels", scale=optional({}))
    output_ports = ports(loss="; Loss")

    def forward(self, log_probs: Any, labels: Any, scale: Any = 1) -> Any:
        """Tag the values."""
        return ("loss", log_probs, labels, scale)


class Text(NeuralModule):
    """A decoder to text, which runs in Python."""

    input_ports = ports(log_probs="B T Class ; LogProbs")
    output_ports = ports(text="list[object Text]")

    def forward(self, log_probs: Any) -> Any:
        """Tag the values."""
        return ("text", log_probs)


class Sum(NeuralModule):
    """A module that takes any number of values."""

    segment: ClassVar[Any] = "framework"
    input_ports = ports(values=variadic("B Encoded:{width} T"))
    output_ports = ports(total="B Encoded:{width} T")

    def __init__(self, *, width: int = 32) -> None: ...

    def forward(self, values: Any) -> Any:
        """Tag the values."""
        return ("sum", *values)


class EncodeDecode(CompositeModule):
    """An encoder and a decoder under one name."""

    input_ports = ports(signal="B Spectrogram:{size} T:t", length="B ; Lengths(t)")
    output_ports = ports(log_probs="B T:t Class ; LogProbs")

    def __init__(self, *, size: int = 64, width: int = 32) -> None:
        self.encoder = Encoder(size=size, width=width)
        self.decoder = Decoder(width=width)

    def build(self, signal: Any, length: Any) -> Any:
        """Encode, then decode."""
        encoded, encoded_length = self.encoder(signal=signal, length=length)
        log_probs, _ = self.decoder(encoded=encoded, length=encoded_length)
        return log_probs


class Count(Metric):
    """A metric that counts texts."""

    input_ports = ports(text="list[object Text]")

    def __init__(self, *, weight: float = 1.0) -> None:
        self.seen = 0.0
        self.weight = weight

    def update(self, text: Any) -> None:
        """Count."""
        self.seen += self.weight * len(text)

    def compute(self) -> dict[str, float]:
        """Return the count."""
        return {"count": self.seen}
