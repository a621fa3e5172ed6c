"""What `nmod new collection` writes belongs beside the official collections; `tools/sample.py` goes on to a wheel."""

from importlib import import_module
from pathlib import Path

import pytest

from nm_core import check_file
from nm_core.plugins import Collections
from nm_core.scaffold import CollectionNames, render, write
from nm_core.testing import collection_failures

NAME = "nmx_scaffolded"
APPLICATION = f"""
nm: app/1
modules:
  context: {{type: {NAME}.GatedConvolution@1, params: {{channels: 8}}}}
  decoder: {{type: asr.JasperDecoderForCTC, params: {{feat_in: 8, num_classes: 3}}}}
graphs:
  infer:
    inputs: {{spec: "B Spectrogram:8 T:t", length: B ; Lengths(t)}}
    calls:
      - {{call: context, inputs: {{frames: spec, length: length}}}}
      - {{call: decoder, inputs: {{encoder_output: context.context}}}}
    outputs: {{log_probs: decoder.output}}
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CollectionNames:
    """Write the package, and let it be found as an installed one is."""
    names = CollectionNames.from_namespace(NAME)
    files = render(names, requirements=["nm-core"], licence="MIT", author=None, year=2026)
    write(files, tmp_path / "package")
    site = tmp_path / "package" / "src"
    info = site / f"{names.package}-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {names.distribution}\nVersion: 0.1.0\n")
    (info / "entry_points.txt").write_text(f"[nm.collections]\n{NAME} = {names.package}._collection\n")
    monkeypatch.syspath_prepend(str(site))
    return names


def test_it_passes_the_conformance_suite_as_it_is(package: CollectionNames) -> None:
    """Nothing has to be written first."""
    assert collection_failures(NAME, Collections.load()) == {}


def test_its_names_are_those_that_its_package_offers(package: CollectionNames) -> None:
    """What is imported lazily is there, and nothing else."""
    module = import_module(package.package)

    assert {name: getattr(module, name).__name__ for name in module.__all__} == {name: name for name in module.__all__}
    assert set(module.__all__) <= set(dir(module))
    with pytest.raises(AttributeError, match="GateConvolution"):
        _ = module.GateConvolution


def test_its_context_feeds_a_decoder_of_another_collection(package: CollectionNames, tmp_path: Path) -> None:
    """By the tag that its own inherits from, in a file; what inherits from nothing that fits is an error there."""
    path = tmp_path / "app.yaml"
    path.write_text(APPLICATION)
    assert check_file(path).ok

    path.write_text(APPLICATION.replace("encoder_output: context.context", "encoder_output: spec"))
    assert "NM101" in str(check_file(path))
