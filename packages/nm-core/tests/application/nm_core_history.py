"""A collection with a past: modules that changed parameters, ports, weights and names."""

from typing import Any, ClassVar

from nm_core_speech import GENERATOR

from nm_core import NeuralModule, ports
from nm_core.plugins import Collection, ModuleSpec, Upgrade, hookimpl
from nm_core.symbols.component import Segment


class Scaler(NeuralModule):
    """Scales by a weight; version 1 was called Gain, had `factor` as text, the ports x and y and the weight `gain`."""

    segment: ClassVar[Segment] = "framework"
    input_ports = ports(signal="B T:t")
    output_ports = ports(scaled="B T:t")

    def __init__(self, *, factor: float = 1.0, power: int) -> None:
        self.weight = GENERATOR.random()

    def has_weights(self) -> bool:
        """Say that its weight must be saved."""
        return True

    def forward(self, signal: Any) -> Any:
        """Scale."""
        return [[self.weight * number for number in row] for row in signal]


class Cell(NeuralModule):
    """A module whose version 1 called its channels `width`."""

    segment: ClassVar[Segment] = "framework"
    input_ports = ports(signal="B T:t")
    output_ports = ports(out="B T:t")

    def __init__(self, *, channels: int) -> None:
        self.channels = channels

    def forward(self, signal: Any) -> Any:
        """Pass on."""
        return signal


def width_as_channels(params: dict[str, Any]) -> dict[str, Any]:
    """Version 2 has another name."""
    return {"channels" if name == "width" else name: value for name, value in params.items()}


class Words(NeuralModule):
    """Turns rows into texts."""

    input_ports = ports(rows="B T:t")
    output_ports = ports(text="list[object Text]")

    def forward(self, rows: Any) -> Any:
        """Print."""
        return [str(row) for row in rows]


def factor_as_number(params: dict[str, Any]) -> dict[str, Any]:
    """Version 2 has numbers."""
    params["factor"] = float(params.get("factor", "1.0"))
    return params


def with_power(params: dict[str, Any]) -> dict[str, Any]:
    """Version 3 asks for a power, which was 1."""
    if params.get("factor") == 13.0:
        raise ValueError("13 means nothing any more")
    return params | {"power": 1}


def broken(params: dict[str, Any]) -> Any:
    """Give what are no parameters."""
    return None if params.get("nothing") else {"things": {1, 2}}


_SCALER = {
    1: Upgrade(
        "nm_core_history:factor_as_number", inputs={"x": "audio"}, outputs={"y": "scaled"}, weights={"gain": "weight"}
    ),
    2: Upgrade("nm_core_history:with_power", inputs={"audio": "signal"}),
}


class HistoryPlugin:
    """The declaration."""

    @hookimpl
    def nm_collection(self) -> Collection:
        """Declare the modules."""
        any_words = {"any": "nm_core_history:Words"}
        return Collection(
            "past",
            "A collection with a past.",
            modules=[
                ModuleSpec(
                    "Scaler",
                    "Scales.",
                    targets={"any": "nm_core_history:Scaler"},
                    version=3,
                    upgrades=_SCALER,
                    formerly=["Gain", "older.Gain"],
                ),
                ModuleSpec(
                    "Cell",
                    "Passes on.",
                    targets={"any": "nm_core_history:Cell"},
                    version=2,
                    upgrades={1: "nm_core_history:width_as_channels"},
                ),
                ModuleSpec("Words", "Prints.", targets=any_words),
                ModuleSpec("Lines", "Prints.", targets=any_words, deprecated="Use past.Words."),
                ModuleSpec("Odd", "Fails.", targets=any_words, version=2, upgrades={1: "nm_core_history:broken"}),
                ModuleSpec("Gone", "Lost.", targets=any_words, version=2, upgrades={1: "nm_core_history:nothing"}),
            ],
        )
