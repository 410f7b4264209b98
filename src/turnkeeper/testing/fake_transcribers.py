"""A fake of services that hear: OpenAI's audio transcriptions, Azure's, and of servers that have the same call.

    fake = FakeTranscribers()
    async with running(fake):                       # testing.loopback
        # a transcriber's base_url is fake.address("openai"), its api_key fake.key
        fake.will("Two tickets, please.", spoken("A: Good morning.", "B: Morning."), busy("2"), html())
        assert fake.last.filename == "note.ogg"

It refuses what the real ones refuse. Beside its neighbours' neutral parts it depends on nothing else of this project.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from turnkeeper.testing.fake_graph.changes import Changes
from turnkeeper.testing.fake_graph.clock import Clock, SystemClock
from turnkeeper.testing.fake_graph.multipart import BadForm, Part, parse_parts
from turnkeeper.testing.fake_models.fake import KEY, Offered
from turnkeeper.testing.fake_models.script import Fails
from turnkeeper.testing.fake_models.scripted import Scripts, gone_wrong
from turnkeeper.testing.fake_models.wire import Json, broken, words
from turnkeeper.testing.http import Reply, Request

LARGEST: Final = 26_214_400
_ENDINGS = frozenset({"flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "oga", "ogg", "wav", "webm"})
_HEARS = (
    re.compile(r"/v1/audio/transcriptions"),
    re.compile(r"/openai/v1/audio/transcriptions"),
    re.compile(r"/openai/deployments/(?P<model>[^/]+)/audio/transcriptions"),
)
_PREFIXES = {"openai": "/v1", "openai_compatible": "/v1", "azure": ""}
_FIELDS = words(
    "file model response_format language languages[] prompt keywords[] temperature stream include[] "
    "timestamp_granularities[] chunking_strategy known_speaker_names[] known_speaker_references[]"
)
_LONG = 30.0
_MOST_NAMES = 4


@dataclass(frozen=True, slots=True)
class Able:
    """What a model takes, as the API reference of 2026 says it. `chunks`: it must be told how to cut what is longer
    than 30 s; `languages`: it may be told several; `references`: names of speakers need their voices."""

    forms: frozenset[str] = frozenset({"json", "text"})
    prompt: bool = True
    chunks: bool = False
    language: bool = True
    languages: bool = False
    references: bool = False


def able(model: str) -> Able:
    """By the name of a model, for those that there are."""
    if "diarize" in model:
        return Able(frozenset({"json", "text", "diarized_json"}), prompt=False, chunks=True)
    if "whisper" in model:
        return Able(frozenset({"json", "text", "srt", "verbose_json", "vtt"}))
    return Able(languages="gpt-transcribe" in model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is heard: stretches as (speaker, words), two seconds each; `after`: seconds before the answer."""

    said: tuple[tuple[str, str], ...]
    language: str = "english"
    after: float = 0.0

    @property
    def text(self) -> str:
        """All words."""
        return " ".join(words for _, words in self.said)


Answer = Words | Fails


def spoken(*lines: str, **more: Any) -> Words:
    """Each line `A: words`, or words alone."""
    said = []
    for line in lines:
        speaker, colon, words = line.partition(": ")
        said.append((speaker, words) if colon else ("A", line))
    return Words(said=tuple(said), **more)


@dataclass(frozen=True, slots=True)
class Asked:
    """A call as it came. `seconds`: of the sound, where the fake can tell."""

    path: str
    model: str
    fields: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    data: bytes
    filename: str
    mime: str
    seconds: float | None

    def field(self, name: str) -> str | None:
        """The first of a name."""
        return next((value for each, value in self.fields if each == name), None)


class _Refused(Exception):
    def __init__(self, message: str, param: str | None = None, status: int = 400, code: str | None = None) -> None:
        super().__init__(message)
        self.reply = _error(status, message, param, code)


@dataclass(slots=True)
class FakeTranscribers:
    """Serve it with `turnkeeper.testing.loopback`; `address(kind)` is a transcriber's `base_url`, `key` its `api_key`.

    `able`: what a model takes. What was scripted for a model comes first, then what was for any, then `default`.
    """

    key: str = KEY
    default: Answer | Callable[[Asked], Answer] = field(default_factory=lambda: spoken("Hello from the note."))
    able: Callable[[str], Able] = able
    offers: list[Offered] = field(default_factory=lambda: [Offered("gpt-transcribe"), Offered("fake-diarize")])
    lists: bool = True
    """Whether it tells its models; many servers do not."""
    clock: Clock = field(default_factory=SystemClock)
    base_url: str = ""
    asked: list[Asked] = field(default_factory=list)
    """Calls to hear something, in order; also those that were refused."""
    changes: Changes = field(default_factory=Changes)
    _scripts: Scripts[Answer] = field(default_factory=Scripts)

    def address(self, kind: str) -> str:
        """The `base_url` of a transcriber of this kind."""
        return self.base_url + _PREFIXES[kind]

    def will(self, *answers: Answer | str, model: str = "") -> None:
        """The next answers, of one model or of any."""
        self._scripts.add(model, (spoken(each) if isinstance(each, str) else each for each in answers))

    @property
    def last(self) -> Asked:
        """What was asked last."""
        return self.asked[-1]

    async def wait_until(self, condition: Callable[[], bool], within: float = 10.0) -> None:
        """Wait for something to become true of the fake; TimeoutError after `within` seconds."""
        await self.changes.until(condition, within)

    async def aclose(self) -> None:
        """Nothing is running."""

    def ends_with_caller(self, request: Request) -> bool:
        """Nobody answers whoever has left."""
        return request.method == "POST"

    async def answer(self, request: Request) -> Reply:
        """Answer one request; raises NoReply where the script asks for it."""
        self.base_url = self.base_url or request.base_url
        path = unquote(request.path)
        for pattern in _HEARS:
            found = pattern.fullmatch(path)
            if found is not None and request.method == "POST":
                return await self._hear(found.groupdict().get("model"), request)
        if not self._knows(request):
            return _error(401, "Incorrect API key provided", None, "invalid_api_key")
        if path.endswith("/models") and request.method == "GET":
            if not self.lists:
                return _error(404, "Not Found")
            told = [{"id": each.name, "object": "model", "shutdown_date": each.ends} for each in self.offers]
            return Reply.json(200, {"object": "list", "data": told})
        return _error(404, f"Invalid URL ({request.method} {path})", None, "unknown_url")

    async def _hear(self, deployment: str | None, request: Request) -> Reply:
        try:
            parts = parse_parts(request.headers.get("content-type", ""), request.body)
        except BadForm as error:
            return _error(400, f"Could not parse multipart form: {error}")
        asked = _asked(deployment, request, parts)
        self.asked.append(asked)
        self.changes.happened()
        if not self._knows(request):
            return _error(401, f"Incorrect API key provided: {self.key[:7]}***", None, "invalid_api_key")
        try:
            _check(asked, parts, self.able(asked.model))
        except _Refused as refused:
            return refused.reply
        return await self._play(asked, self._next(asked))

    async def _play(self, asked: Asked, answer: Answer) -> Reply:
        if isinstance(answer, Words):
            if answer.after:
                await self.clock.sleep(answer.after)
            return _rendered(asked, answer)
        wrong = await gone_wrong(answer, b'{"text": "Two tick')
        if wrong is not None:
            return wrong
        if answer.how in ("cut", "ends"):
            return broken({"text": answer.message})
        body = _error(answer.status, answer.message or "Error", None, answer.kind or None)
        return Reply(body.status, body.body, body.content_type, answer.headers)

    def _next(self, asked: Asked) -> Answer:
        scripted = self._scripts.next(asked.model)
        if scripted is not None:
            return scripted
        return self.default if isinstance(self.default, Words | Fails) else self.default(asked)

    def _knows(self, request: Request) -> bool:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self.key in (bearer, request.headers.get("api-key"))


def _asked(deployment: str | None, request: Request, parts: Sequence[Part]) -> Asked:
    fields = tuple((each.name, each.text) for each in parts if each.filename is None)
    file = next((each for each in parts if each.name == "file"), Part("file", b""))
    model = deployment or dict(fields).get("model", "")
    return Asked(
        request.path,
        model,
        fields,
        dict(request.headers),
        file.data,
        file.filename or "",
        file.content_type or "",
        seconds_of(file.data),
    )


def _check(asked: Asked, parts: Sequence[Part], able: Able) -> None:
    """Refuse what the real one refuses."""
    for part in parts:
        if part.name not in _FIELDS:
            raise _Refused(f"Unrecognized request argument supplied: {part.name}", part.name)
    if not asked.model:
        raise _Refused("you must provide a model parameter", "model")
    _check_file(asked)
    form = asked.field("response_format") or "json"
    if form not in able.forms:
        told = f"response_format '{form}' is not compatible with model '{asked.model}'. Use 'json' or 'text' instead."
        raise _Refused(told, "response_format", code="unsupported_value")
    if able.chunks and asked.field("chunking_strategy") is None and (asked.seconds or 0.0) > _LONG:
        raise _Refused("chunking_strategy is required for diarization models", "chunking_strategy")
    if asked.field("prompt") is not None and not able.prompt:
        raise _Refused("Unsupported parameter: 'prompt' is not supported with this model.", "prompt")
    _check_languages(asked, able)
    _check_names(asked, able)


def _check_file(asked: Asked) -> None:
    if not asked.filename:
        raise _Refused("you must provide a file", "file")
    if len(asked.data) > LARGEST:
        told = f"413: Maximum content size limit ({LARGEST}) exceeded ({len(asked.data)} bytes read)"
        raise _Refused(told, status=413)
    ending = asked.filename.rpartition(".")[2].lower()
    begins = {"ogg": b"OggS", "oga": b"OggS", "wav": b"RIFF", "flac": b"fLaC", "webm": b"\x1aE\xdf\xa3"}.get(
        ending, b""
    )
    if ending not in _ENDINGS:
        raise _Refused(f"Invalid file format. Supported formats: {sorted(_ENDINGS)}", "file")
    if not asked.data.startswith(begins) or not asked.data or asked.data.startswith(b"#!AMR"):
        raise _Refused("Audio file might be corrupted or unsupported", "file", code="invalid_value")
    if asked.seconds is not None and asked.seconds < 0.1:
        told = "Audio file is too short. Minimum audio length is 0.1 seconds."
        raise _Refused(told, "file", code="audio_too_short")


def _check_languages(asked: Asked, able: Able) -> None:
    language, several = asked.field("language"), asked.field("languages[]")
    if several is not None and not able.languages:
        raise _Refused("Unsupported parameter: 'languages' is not supported with this model.", "languages")
    if language is not None and not able.language:
        raise _Refused("Unsupported parameter: 'language' is not supported with this model.", "language")
    if language is not None and several is not None:
        raise _Refused("Give language or languages, not both.", "language")
    for each in filter(None, (language, several)):
        if not re.fullmatch(r"[a-z]{2}", each):
            raise _Refused(f"Language '{each}' is not supported.", "language", code="unsupported_language")


def _check_names(asked: Asked, able: Able) -> None:
    names = [value for name, value in asked.fields if name == "known_speaker_names[]"]
    references = [value for name, value in asked.fields if name == "known_speaker_references[]"]
    if len(names) > _MOST_NAMES:
        raise _Refused("At most 4 known speakers are supported.", "known_speaker_names")
    if (references or able.references) and len(references) != len(names):
        told = "known_speaker_names and known_speaker_references must be of the same length"
        raise _Refused(told, "known_speaker_names")


def _rendered(asked: Asked, heard: Words) -> Reply:
    form = asked.field("response_format") or "json"
    seconds = asked.seconds or 2.0 * len(heard.said)
    usage = {"type": "duration", "seconds": round(seconds)}
    if form == "text":
        return Reply(200, heard.text.encode(), "text/plain; charset=utf-8")
    if form == "json":
        return Reply.json(200, {"text": heard.text, "usage": usage})
    stretches: list[Json] = []
    for at, (speaker, text) in enumerate(heard.said):
        stretch: Json = {"id": at, "start": 2.0 * at, "end": 2.0 * at + 2.0, "text": f" {text}"}
        if form == "diarized_json":
            stretch |= {"id": f"seg_{at}", "speaker": speaker, "type": "transcript.text.segment"}
        stretches.append(stretch)
    more = {"language": heard.language} if form == "verbose_json" else {}
    whole = {"task": "transcribe", "duration": seconds, "text": heard.text, "segments": stretches, "usage": usage}
    return Reply.json(200, whole | more)


def _error(status: int, message: str, param: str | None = None, code: str | None = None) -> Reply:
    type_ = "server_error" if status >= 500 else "invalid_request_error"
    return Reply.json(status, {"error": {"message": message, "type": type_, "param": param, "code": code}})


def seconds_of(data: bytes) -> float | None:
    """How long a WAV file or an Ogg file of Opus lasts; None for others."""
    if data.startswith(b"RIFF") and len(data) >= 44:
        rate: int = struct.unpack_from("<I", data, 28)[0]
        return (len(data) - 44) / rate if rate else None
    last = data.rfind(b"OggS")
    if last >= 0 and len(data) >= last + 14:
        samples: int = struct.unpack_from("<q", data, last + 6)[0]
        return max(0.0, samples / 48_000)
    return None
