"""The package itself: light to import, and what it declares is there."""

import inspect
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

import nm_asr
from nm_core import Metric, NeuralModule, NmError
from nm_core.cli.main import nmod
from nm_core.plugins import Collections


@pytest.fixture(scope="module")
def collections() -> Collections:
    """The installed collections."""
    return Collections.load()


def test_importing_the_package_loads_no_framework() -> None:
    """Neither torch nor numpy nor an audio library, also when the declaration is read."""
    code = (
        "import sys, nm_asr, nm_asr._collection; nm_asr._collection.nm_collection();"
        "print([m for m in ('torch', 'numpy', 'soundfile', 'soxr', 'librosa') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_modules_load_no_audio_library() -> None:
    """Reading, resampling and synthesising load their libraries when they are used, and librosa is never loaded."""
    code = (
        "import sys, nm_asr; [getattr(nm_asr, name) for name in nm_asr.__all__];"
        "print([m for m in ('soundfile', 'soxr', 'librosa', 'scipy', 'espeakng_loader') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_name_of_the_package_can_be_had() -> None:
    """All names are importable, and a wrong one is an AttributeError."""
    for name in nm_asr.__all__:
        assert getattr(nm_asr, name) is not None
    assert set(nm_asr.__all__) <= set(dir(nm_asr))
    with pytest.raises(AttributeError, match="Jasper"):
        nm_asr.Jasper  # noqa: B018


def test_declared_modules_are_modules(collections: Collections) -> None:
    """The modules exported are those declared; each id resolves to a module with ports whose id is that id."""
    ids = [id for id in collections.modules if id.startswith("asr.")]
    classes = [part for name in nm_asr.__all__ if inspect.isclass(part := getattr(nm_asr, name))]
    modules = [cls for cls in classes if issubclass(cls, NeuralModule) and not issubclass(cls, Metric)]

    assert len(ids) >= 8
    assert set(ids) == {f"asr.{cls.__name__}" for cls in modules}
    for id in ids:
        cls = collections.resolve(id)
        assert issubclass(cls, NeuralModule)
        assert cls.output_ports
        assert collections.id_of(cls) == id
        assert inspect.getdoc(cls)


def test_declared_helpers_can_be_looked_up(collections: Collections) -> None:
    """Metrics and the verb are where the declaration says."""
    assert collections.lookup("tasks", "transcribe") is nm_asr.transcribe
    assert issubclass(collections.resolve("asr.WordErrorRate"), Metric)
    assert issubclass(collections.resolve("asr.CharacterErrorRate"), Metric)
    assert collections.resolve("common.WordErrorRate") is nm_asr.WordErrorRate


def test_metrics_that_moved_are_listed_as_aliases() -> None:
    """`nmod modules` shows the id of today once, and beside the former one what it stands for."""
    listed = CliRunner().invoke(nmod, ["modules", "--json"])

    summaries = {row["id"]: row["summary"] for row in json.loads(listed.output)}
    assert summaries["common.WordErrorRate"] == "metric"
    assert summaries["asr.WordErrorRate"] == "alias of common.WordErrorRate"


def test_errors_are_of_one_family() -> None:
    """Every error is an NmError and a builtin that callers know."""
    import nm_asr.errors as errors

    classes = [getattr(errors, name) for name in errors.__all__]
    assert len(classes) > 10
    for error in classes:
        if not issubclass(error, Warning):
            assert issubclass(error, NmError)
            assert issubclass(error, ValueError | OSError | RuntimeError)
