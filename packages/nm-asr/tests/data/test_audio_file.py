"""Damaged, cut and streamed audio files are read by blocks, or are errors that name the file and the reason."""

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from nm_asr_samples import RATE, vowel

from nm_asr.data.audio import read_audio, read_duration, stream_audio
from nm_asr.data.audio_file import AudioFile, read_bytes
from nm_asr.errors import AudioError

SOUND = vowel(2.0, RATE)
Damage = Callable[[bytes], bytes]


def encode(suffix: str) -> bytes:
    """Return the bytes of a file with the sound."""
    buffer = io.BytesIO()
    soundfile.write(buffer, SOUND, RATE, format=suffix)
    return buffer.getvalue()


def patch(place: bytes | int, offset: int, value: bytes) -> Damage:
    """Return a function that writes bytes behind a marker, or at a place."""

    def change(data: bytes) -> bytes:
        start = (data.index(place) if isinstance(place, bytes) else place) + offset
        return data[:start] + value + data[start + len(value) :]

    return change


def cut(share: float) -> Damage:
    """Return a function that keeps the first part of a file."""
    return lambda data: data[: int(share * len(data))]


def without_length(data: bytes) -> bytes:
    """Clear the number of samples of a flac, which `ffmpeg -f segment` does not know when it writes the header."""
    return data[:21] + bytes([data[21] & 0xF0]) + bytes(4) + data[26:]


def with_endless_length(data: bytes) -> bytes:
    """Set the number of samples of a flac to the largest."""
    return data[:21] + bytes([data[21] | 0x0F]) + b"\xff" * 4 + data[26:]


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [
        ("flac", without_length),
        ("flac", with_endless_length),
        ("wav", patch(b"data", 4, b"\xff" * 4)),
        ("wav", patch(b"data", 4, struct.pack("<I", 0x7FFFF000))),
        ("au", patch(8, 0, b"\xff" * 4)),
    ],
)
def test_a_header_that_does_not_know_the_length_is_no_obstacle(tmp_path: Path, suffix: str, damage: Damage) -> None:
    """The file is read to its end, from a path and from bytes, whole and in part; its duration is measured."""
    data = damage(encode(suffix))
    (tmp_path / "a").write_bytes(data)
    expected, _ = soundfile.read(io.BytesIO(encode(suffix)), dtype="float32")

    for source in (tmp_path / "a", data):
        np.testing.assert_array_equal(read_audio(source, RATE), expected)
        np.testing.assert_array_equal(np.concatenate([*stream_audio(source, RATE)]), expected)
        np.testing.assert_array_equal(
            read_audio(source, RATE, offset=1.0, duration=0.5), expected[RATE : RATE * 3 // 2]
        )
        assert read_duration(source) == 2.0
        with pytest.raises(AudioError, match=r"it ends at 2\.00 s, before offset 3\.00 s"):
            read_audio(source, RATE, offset=3.0)


@pytest.mark.parametrize(
    ("suffix", "damage", "message"),
    [
        ("wav", cut(0.5), r"it ends at 1\.00 s, but its header says 2\.00 s: it was cut off or is damaged"),
        ("mp3", cut(0.5), r"but its header says 2\.00 s: it was cut off or is damaged"),
        ("flac", cut(0.5), "it cannot be read as audio: .*lost sync"),
        ("ogg", cut(0.5), "it cannot be read as audio|it holds no samples"),
        ("wav", cut(0.0), "the file is empty"),
        ("mp3", cut(0.0), "the file is empty"),
        ("flac", lambda data: data[:60], "it cannot be read as audio"),
        ("ogg", lambda data: data[:60], "it cannot be read as audio"),
        ("mp3", lambda data: data[:60], "it cannot be read as audio"),
        ("wav", lambda data: data[:60], "it ends at 0.00 s, but its header says 2.00 s"),
        ("wav", patch(b"data", 4, bytes(4)), "it holds no samples"),
        ("wav", patch(b"fmt ", 10, b"\xff\xff"), "it cannot be read as audio: Too many channels"),
        ("wav", patch(b"fmt ", 10, b"\0\0"), "it cannot be read as audio: Channel count is zero"),
        ("wav", patch(b"fmt ", 12, bytes(4)), "it cannot be read as audio"),
        ("wav", patch(b"fmt ", 12, b"\x01\0\0\0"), "its header says 1 samples per second; expected 1000 to 1000000"),
        ("wav", patch(b"fmt ", 12, b"\xff" * 4), "it cannot be read as audio"),
        ("au", patch(20, 0, struct.pack(">I", 10**9)), "it cannot be read as audio: Too many channels"),
    ],
)
def test_what_is_damaged_is_one_error_with_its_reason(
    tmp_path: Path, suffix: str, damage: Damage, message: str
) -> None:
    """The error is an AudioError that begins with the path, whatever the damage, from reading and from streaming."""
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(damage(encode(suffix)))

    for read in (lambda: read_audio(path, RATE), lambda: [*stream_audio(path, RATE)]):
        with pytest.raises(AudioError, match=message) as error:
            read()
        assert str(error.value).startswith(str(path))
    with pytest.raises(AudioError, match=message):
        read_audio(path.read_bytes(), RATE)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_samples_that_are_not_finite_are_named(tmp_path: Path, value: float) -> None:
    """One such sample makes a recording unreadable, wherever it is; parts without it are read."""
    sound = np.tile(SOUND, 20)
    sound[300_000] = value
    soundfile.write(tmp_path / "a.wav", sound, RATE, subtype="FLOAT")

    with pytest.raises(AudioError, match=r"a\.wav: sample 300000 is .*; expected numbers within"):
        read_audio(tmp_path / "a.wav", RATE)
    with pytest.raises(AudioError, match=r"a\.wav: sample 300000 is "):
        read_audio(tmp_path / "a.wav", RATE, offset=30.0)
    assert len(read_audio(tmp_path / "a.wav", RATE, duration=30.0)) == 30 * RATE


def test_numbers_too_large_for_single_precision_are_refused(tmp_path: Path) -> None:
    """A finite number of a file in double precision may be infinite in single."""
    soundfile.write(tmp_path / "a.wav", np.full(100, 1e300), RATE, subtype="DOUBLE")

    with pytest.raises(AudioError, match=r"sample 0 is inf"):
        read_audio(tmp_path / "a.wav", RATE)


@pytest.mark.parametrize("name", ["a.m4a", "a.webm", "b c.AAC"])
def test_other_formats_have_a_way_on(tmp_path: Path, name: str) -> None:
    """The message has the command that converts the file."""
    (tmp_path / name).write_bytes(b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(100))

    with pytest.raises(AudioError) as error:
        read_audio(tmp_path / name, RATE)

    assert "wav, flac, ogg and mp3 are read" in str(error.value)
    assert f'ffmpeg -i "{tmp_path / name}" "{(tmp_path / name).with_suffix(".wav")}"' in str(error.value)


def test_a_part_of_an_mp3_is_where_it_is_in_the_whole(tmp_path: Path) -> None:
    """The decoder's own seeking lands beside the sample."""
    (tmp_path / "a.mp3").write_bytes(encode("mp3"))

    whole = read_audio(tmp_path / "a.mp3", RATE)

    np.testing.assert_allclose(read_audio(tmp_path / "a.mp3", RATE, offset=1.0), whole[RATE:], atol=1e-6)


def test_blocks_are_bounded(tmp_path: Path) -> None:
    """A block holds a quarter of a million samples of all channels, and its mean over them."""
    stereo = np.stack([np.full(600_000, 0.5), np.full(600_000, 0.25)], 1)
    soundfile.write(tmp_path / "a.wav", stereo, RATE)

    blocks = [*AudioFile(tmp_path / "a.wav").blocks()]

    assert max(map(len, blocks)) == 2**17
    np.testing.assert_allclose(np.concatenate(blocks), np.full(600_000, 0.375), atol=1e-4)


def test_streams_are_resampled_as_a_whole_is(tmp_path: Path) -> None:
    """Blocks at another rate join without a seam."""
    sound = np.tile(SOUND, 40)
    soundfile.write(tmp_path / "a.wav", sound, RATE)

    streamed = np.concatenate([*stream_audio(tmp_path / "a.wav", 16000)])

    np.testing.assert_allclose(streamed, read_audio(tmp_path / "a.wav", 16000), atol=1e-5)


def test_text_is_no_file_of_sound(tmp_path: Path) -> None:
    """A file object open as text, and a folder, are errors that say so."""
    with pytest.raises(AudioError, match=r"open as text\.\n  Open it with open"):
        read_bytes(io.StringIO("a"))
    with pytest.raises(AudioError, match="it is a folder, not a recording"):
        read_audio(tmp_path, RATE)
