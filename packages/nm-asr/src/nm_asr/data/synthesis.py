"""Speech from text, locally: the synchronous interface of espeak-ng, as the wheel ``espeakng-loader`` brings it.

The library keeps its state in the process: one `Synthesizer` may be open at a time, and it is not thread-safe. It is
GPL-3, hence the extra ``nm-asr[quickstart]``; nothing else in this package imports it.
"""

import _ctypes
import ctypes
import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nm_asr.errors import SynthesisError

# From speak_lib.h of espeak-ng 1.52.
_SYNCHRONOUS = 2  # the other modes cost a fixed 20 ms per utterance
_DO_NOT_EXIT = 0x8000
_UTF8 = 1
_RATE, _PITCH, _PITCH_RANGE = 1, 3, 4
_EVENT_END_OF_LIST, _EVENT_WORD = 0, 1


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("identifier", ctypes.c_char * 8),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True)
class SpokenText:
    """Synthesized speech.

    Attributes:
        samples: mono float32 samples within ±1.
        sample_rate: samples per second.
        word_starts: when each word starts, in seconds.
    """

    samples: NDArray[np.float32]
    sample_rate: int
    word_starts: tuple[float, ...]


class Synthesizer:
    """An open espeak-ng, to be used as a context manager.

    Two passes over the same texts in the same order with the same seed give the same samples; a single utterance
    depends on those spoken before it, because the library seeds its generator once, on opening.

    Raises:
        SynthesisError: the extra is not installed, the library cannot be opened, or a voice does not exist.
    """

    def __init__(self, *, seed: int = 0) -> None:
        self._loader = _import_loader()
        self._seed = seed
        self._library: Any = None
        self._sample_rate = 0
        self._voice = ""
        self._chunks: list[NDArray[np.int16]] = []
        self._word_starts: list[float] = []
        self._callback = _Callback(self._receive)  # a reference, or the library calls freed memory

    def __enter__(self) -> Self:
        try:
            library = ctypes.CDLL(self._loader.get_library_path())
        except OSError as error:
            raise SynthesisError(
                f"The speech synthesiser cannot be opened: {error}.\n"
                "  The wheel espeakng-loader brings the library for Linux, macOS and Windows (x86-64, arm64).\n"
                "  Install it again: python -m pip install --force-reinstall espeakng-loader"
            ) from error
        data = str(Path(self._loader.get_data_path()).parent)
        rate = library.espeak_Initialize(_SYNCHRONOUS, 0, data.encode(), _DO_NOT_EXIT)
        if rate <= 0:
            raise SynthesisError(f"espeak-ng did not start (code {rate}) with the data in {data}.")
        library.espeak_SetSynthCallback(self._callback)
        library.espeak_ng_SetRandSeed(ctypes.c_long(self._seed))
        self._library, self._sample_rate, self._voice = library, rate, ""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._library is not None:
            handle = self._library._handle
            self._library.espeak_Terminate()
            self._library = None
            # Unloaded too, because the library keeps random state that a second start does not reset.
            if sys.platform == "win32":
                _ctypes.FreeLibrary(handle)
            else:
                _ctypes.dlclose(handle)

    def speak(
        self, text: str, *, voice: str, words_per_minute: int = 160, pitch: int = 50, pitch_range: int = 50
    ) -> SpokenText:
        """Speak one text.

        Args:
            text: plain text, without markup.
            voice: a language, with or without a variant: ``en-us``, ``en-gb-scotland+f2``.
            words_per_minute: 80 to 450.
            pitch: 0 to 99; 50 is the voice's own.
            pitch_range: 0 (monotone) to 99.
        """
        if self._library is None:
            raise SynthesisError("The synthesiser is not open: use it as `with Synthesizer() as synthesizer:`.")
        self._use_voice(voice)
        for parameter, value in ((_RATE, words_per_minute), (_PITCH, pitch), (_PITCH_RANGE, pitch_range)):
            self._library.espeak_SetParameter(parameter, int(value), 0)
        self._chunks, self._word_starts = [], []
        encoded = text.encode()
        code = self._library.espeak_Synth(encoded, ctypes.c_size_t(len(encoded) + 1), 0, 1, 0, _UTF8, None, None)
        if code != 0 or not self._chunks:
            raise SynthesisError(f"espeak-ng spoke nothing for {text!r} with the voice {voice!r} (code {code}).")
        samples = np.concatenate(self._chunks).astype(np.float32) / 32768.0
        return SpokenText(samples, self._sample_rate, tuple(self._word_starts))

    def _use_voice(self, voice: str) -> None:
        if voice == self._voice:
            return
        # the library ignores an unknown variant without an error
        variant = voice.partition("+")[2]
        exists = not variant or (Path(self._loader.get_data_path()) / "voices" / "!v" / variant).is_file()
        if not exists or self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise SynthesisError(
                f"espeak-ng has no voice {voice!r}.\n"
                "  A voice is a language, or a language and a variant: en-us, en-gb-scotland+f2."
            )
        self._voice = voice

    def _receive(self, samples: Any, count: int, events: Any) -> int:
        if samples and count:
            self._chunks.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())  # the library reuses its buffer
        index = 0
        while events[index].type != _EVENT_END_OF_LIST:
            if events[index].type == _EVENT_WORD:
                self._word_starts.append(events[index].audio_position / 1000.0)
            index += 1
        return 0


def _import_loader() -> ModuleType:
    try:
        return importlib.import_module("espeakng_loader")
    except ImportError as error:
        raise SynthesisError(
            "The speech synthesiser is not installed.\n"
            "  It comes with an extra of nm-asr: python -m pip install 'nm-asr[quickstart]'"
        ) from error
