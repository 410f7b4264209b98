"""A note's bytes to samples, and back to a file that services take. Runs in a process of its own (voice/apart.py).

Rule: nothing that a file says of itself is believed. Its format is told by its first bytes, its length by what came
out of it, and only a few codecs are let at it; playlists and the like, which name other files, are none of them.
"""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any, Final, NamedTuple

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from turnkeeper.rules.sound import FORMATS, WINDOW, format_of, is_silent
from turnkeeper.voice.base import Unhearable

RATE: Final = 16000
Samples = np.ndarray[Any, np.dtype[np.int16]]

_DEMUXERS: Final = {
    "ogg": "ogg", "mp3": "mp3", "wav": "wav", "aac": "aac", "amr": "amr", "webm": "matroska", "m4a": "mov",
    "flac": "flac",
}  # fmt: skip
_CODECS: Final = frozenset({
    "opus", "vorbis", "speex", "flac", "mp3", "mp3float", "mp2", "mp2float", "aac", "alac", "amrnb", "amrwb",
    "libopencore_amrnb", "libopencore_amrwb", "pcm_u8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s32le",
    "pcm_f32le", "pcm_f64le", "pcm_alaw", "pcm_mulaw", "adpcm_ms", "adpcm_ima_wav", "gsm", "gsm_ms",
})  # fmt: skip
_OPTIONS: Final = {"protocol_whitelist": "none", "codec_whitelist": ",".join(sorted(_CODECS)), "enable_drefs": "0"}
_RATES: Final = range(4_000, 192_001)
_LEAST: Final = 0.1
"""Seconds below which nothing can have been said."""
_PACKETS_A_SECOND: Final = 400
"""Opus has them this short. A file may claim any number of them, also of the same bytes."""
_BITS: Final = 24_000


class Decoded(NamedTuple):
    """A note's sound. `format`: one of FORMATS; `damaged`: packets that were left out."""

    samples: Samples
    format: str
    damaged: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.samples) / RATE


def decode(data: bytes, longest: float) -> Decoded:
    """The sound of a file, at most `longest` seconds. Raises Unhearable for everything that gives none."""
    if not data:
        raise Unhearable("empty", "the file has no bytes")
    kind = format_of(data)
    if kind is None:
        raise Unhearable("not_audio", f"it begins with {data[:8]!r}, which is no format of sound")
    try:
        with av.open(io.BytesIO(data), "r", format=_DEMUXERS[kind], options=_OPTIONS) as container:
            return _decoded(container, kind, longest)
    except Unhearable:
        raise
    except (av.FFmpegError, ValueError, EOFError, OverflowError) as error:
        raise Unhearable("damaged", f"{kind}: {_said(error)}") from None


def _codec(stream: Any) -> str:
    """What a stream is coded in; one that nobody here can read has no context."""
    return "unknown" if stream.codec_context is None else str(stream.codec_context.name)


def _decoded(container: InputContainer, kind: str, longest: float) -> Decoded:
    stream = next((each for each in container.streams.audio if _codec(each) in _CODECS), None)
    if stream is None:
        others = ", ".join(sorted({_codec(each) for each in container.streams}))
        raise Unhearable("not_audio", f"{kind} without sound that can be read ({others or 'no stream'})")
    packets = _Packets(stream, longest)
    parts: list[Samples] = []
    count = 0
    for part in _Resampled(packets.frames(container)):
        parts.append(part)
        count += len(part)
        if count > longest * RATE:
            raise Unhearable("too_long", f"longer than {longest:g} s")
    if count < _LEAST * RATE:
        reason = "damaged" if packets.bad else "empty"
        raise Unhearable(reason, f"{kind}: {count / RATE:.2f} s of sound, {packets.bad} damaged packets")
    if packets.bad > packets.good:
        raise Unhearable("damaged", f"{kind}: {packets.bad} of {packets.bad + packets.good} packets are damaged")
    return Decoded(np.concatenate(parts), kind, packets.bad)


class _Packets:
    """A stream's packets, those that can be decoded."""

    def __init__(self, stream: AudioStream, longest: float) -> None:
        self._stream = stream
        self._codec: AudioCodecContext = stream.codec_context
        self._most = int(longest * _PACKETS_A_SECOND) + 10_000
        self.good = 0
        self.bad = 0

    def frames(self, container: InputContainer) -> Iterator[AudioFrame]:
        """What comes out of them, in order."""
        try:
            for packet in container.demux(self._stream):
                if self.good + self.bad > self._most:
                    raise Unhearable("damaged", "more packets than so much sound can have")
                yield from self._frames(packet)
        except av.FFmpegError:  # the container itself is broken from here on; what came before counts
            self.bad += 1
            with suppress(av.FFmpegError):
                yield from self._codec.decode(None)

    def _frames(self, packet: av.Packet[AudioStream]) -> list[AudioFrame]:
        try:
            frames = [frame for frame in self._codec.decode(packet) if frame.sample_rate in _RATES]
        except av.error.PatchWelcomeError:  # AMR's pauses: no damage, and the times behind it must stay right
            return [_pause(packet)] if packet.duration and packet.time_base else []
        except (av.FFmpegError, ValueError):
            self.bad += bool(packet.size)
            return []
        self.good += bool(packet.size)
        return frames


def _pause(packet: av.Packet[AudioStream]) -> AudioFrame:
    seconds = min(float((packet.duration or 0) * (packet.time_base or 0)), 0.1)
    frame = AudioFrame.from_ndarray(np.zeros((1, int(seconds * RATE)), "int16"), format="s16", layout="mono")
    frame.sample_rate = RATE
    return frame


class _Resampled:
    """Frames as samples of our rate; a stream that changes its own in the middle gets a new resampler."""

    def __init__(self, frames: Iterator[AudioFrame]) -> None:
        self._frames = frames

    def __iter__(self) -> Iterator[Samples]:
        shape: tuple[object, ...] | None = None
        resampler: AudioResampler | None = None
        for frame in self._frames:
            frame.pts = None
            found = (frame.format.name, frame.layout.name, frame.sample_rate)
            if resampler is not None and found != shape:
                yield from _samples(resampler, None)
                resampler = None
            if resampler is None:
                shape, resampler = found, AudioResampler(format="s16", layout="mono", rate=RATE)
            yield from _samples(resampler, frame)
        if resampler is not None:
            yield from _samples(resampler, None)


def _samples(resampler: AudioResampler, frame: AudioFrame | None) -> Iterator[Samples]:
    for each in resampler.resample(frame):
        yield each.to_ndarray().reshape(-1).astype(np.int16, copy=False)


def levels(samples: Samples) -> list[float]:
    """How loud each WINDOW is, in decibels below full scale."""
    size = int(WINDOW * RATE)
    windows = samples[: len(samples) // size * size].reshape(-1, size).astype(np.float32) / 32768
    power = np.mean(np.square(windows), axis=1)
    found: list[float] = (10 * np.log10(power + 1e-12)).tolist()
    return found


def refuse_silence(decoded: Decoded) -> None:
    """Raises Unhearable where nobody can have said anything."""
    if is_silent(levels(decoded.samples)):
        raise Unhearable("silent", f"{decoded.seconds:.1f} s without a sound")


def as_ogg(samples: Samples) -> bytes:
    """Opus in an Ogg: 24 kbit/s, so a minute has 180 kB."""
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as out:
        stream: AudioStream = out.add_stream("libopus", rate=RATE, layout="mono")
        stream.bit_rate = _BITS
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        resampler = AudioResampler(format=stream.format.name, layout="mono", rate=RATE, frame_size=stream.frame_size)
        for each in [*resampler.resample(frame), *resampler.resample(None)]:
            out.mux(stream.encode(each))
        out.mux(stream.encode(None))
    return file.getvalue()


def as_wav(samples: Samples) -> bytes:
    """Samples as they are, 32 kB a second."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())
    return file.getvalue()


WRITERS: Final = {"ogg": as_ogg, "wav": as_wav}
assert WRITERS.keys() <= FORMATS.keys()


def _said(error: Exception) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__)[:200]
