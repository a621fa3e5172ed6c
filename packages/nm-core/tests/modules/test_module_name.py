"""Names of modules come from classes, and prefix weights."""

import pytest

from nm_core import ParameterError
from nm_core.modules.module_name import checked_name, snake_case


@pytest.mark.parametrize(
    ("class_name", "name"),
    [
        ("JasperEncoder", "jasper_encoder"),
        ("CTCLossNM", "ctc_loss_nm"),
        ("BLEU", "bleu"),
        ("Conv2dBlock", "conv2d_block"),
    ],
)
def test_classes_give_names_in_snake_case(class_name: str, name: str) -> None:
    """Words are told apart by their capitals, abbreviations stay whole."""
    assert snake_case(class_name) == name
    assert checked_name(name) == name


@pytest.mark.parametrize("name", ["", "2nd", "a-b", "a..b", ".a", "a b", "a.b."])
def test_names_that_cannot_prefix_weights_are_refused(name: str) -> None:
    """A name is an identifier, or several joined by dots."""
    with pytest.raises(ParameterError, match="cannot be a module's name"):
        checked_name(name)

    assert checked_name("outer.inner") == "outer.inner"
