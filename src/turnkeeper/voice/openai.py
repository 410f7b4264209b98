"""OpenAI's audio transcriptions, and servers that have the same call.

What a model takes is not told by its name: what it refuses once (a form of answer, a field) it is not sent again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

import structlog

from turnkeeper.model.voice import Sound, Transcript, Wish
from turnkeeper.voice import replies
from turnkeeper.voice.base import (
    Form,
    Post,
    Posted,
    TooMuchSound,
    Transcode,
    TranscriberMisconfigured,
    Unhearable,
)
from turnkeeper.voice.config import MB, ServiceConfig
from turnkeeper.voice.formats import as_taken

_log = structlog.get_logger("turnkeeper.voice")
DIARIZED: Final = "diarized_json"
"""The form of answer that tells speakers; the reference of 2026 has it for models that diarize."""
_PLAIN: Final = "json"
_FORMAT: Final = "response_format"
_CHUNKS: Final = "chunking_strategy"
_NAMES: Final = "known_speaker_names[]"
_MOST_NAMES: Final = 4
_MOST_CALLS: Final = 6
"""For one note, while it is found out what the model takes."""

Field = tuple[str, str]


class OpenAI:
    """An account with OpenAI."""

    address: ClassVar[str] = "https://api.openai.com/v1"
    forms: ClassVar[tuple[str, ...]] = (_PLAIN,)
    """The forms of answer that are tried, besides the one with speakers; the last is not refused by any model."""

    def __init__(self, config: ServiceConfig, post: Post, transcode: Transcode) -> None:
        self.config = config
        self._post = post
        self._transcode = transcode
        self._telling = replies.Telling(config.secrets)
        self._refused: set[str] = set()
        """Values and fields that this model does not take."""
        self._chunks = False
        """It must be told how to cut, also where nobody asks who speaks."""

    @property
    def url(self) -> str:
        """Where notes are posted."""
        return f"{(self.config.base_url or self.address).rstrip('/')}/audio/transcriptions"

    def headers(self) -> dict[str, str]:
        """With the key, if there is one."""
        key = {"authorization": f"Bearer {self.config.api_key}"} if self.config.api_key else {}
        return {**key, **self.config.headers}

    async def transcribe(self, sound: Sound, wish: Wish) -> Transcript:
        """The words of a note; raises VoiceError. How long it may take is the caller's."""
        ready, made = await self._ready(sound)
        for _ in range(_MOST_CALLS):
            fields = self.fields(wish)
            posted = await self._post(Form(self.url, self.headers(), fields, ready))
            if self._learned(posted, fields):
                continue
            error = replies.error_of(posted, wish, self._telling)
            if isinstance(error, Unhearable) and error.reason == "damaged" and not made:
                ready, made = await self._transcode(sound), True
                continue
            if error is not None:
                raise error
            return replies.transcript(posted.body, wish)
        raise TranscriberMisconfigured("it refuses the request in every form")

    async def close(self) -> None:
        """Connections are the client's."""

    async def _ready(self, sound: Sound) -> tuple[Sound, bool]:
        """The note as it can be sent, and whether that is another file; raises VoiceError."""
        ready = as_taken(sound)
        made = ready is None or len(ready.data) > self.config.largest
        if ready is None or made:
            ready = await self._transcode(sound)
        if len(ready.data) > self.config.largest:
            size, most = len(ready.data) / MB, self.config.largest / MB
            raise TooMuchSound("too_large", f"the note has {size:.1f} MB, the service takes {most:.1f} MB")
        return ready, made

    def fields(self, wish: Wish) -> list[Field]:
        """The form's fields, without what the model has refused."""
        forms = [DIARIZED, *self.forms] if wish.diarize else self.forms
        form = next((each for each in forms if each not in self._refused), _PLAIN)
        fields = [("model", self.config.model), (_FORMAT, form)]
        if form == DIARIZED or self._chunks:  # needed over 30 s, and by some versions always
            fields.append((_CHUNKS, "auto"))
        if form == DIARIZED:
            fields += [(_NAMES, name) for name in wish.speakers[:_MOST_NAMES]]
        if wish.language is not None:
            # Newer models have a list of languages in place of one.
            fields.append(("languages[]" if "language" in self._refused else "language", wish.language))
        if wish.prompt:
            fields.append(("prompt", wish.prompt))
        return [(name, value) for name, value in fields if name not in self._refused]

    def _learned(self, posted: Posted, fields: Sequence[Field]) -> bool:
        """Whether the refusal tells something that can be said otherwise: then the next call does."""
        if posted.status not in (400, 422):
            return False
        words = replies.words_of(posted.body)
        sent = dict(fields)
        if _CHUNKS in words and _CHUNKS not in sent and _CHUNKS not in self._refused:
            self._chunks = True
            return True
        form = sent[_FORMAT]
        if form != _PLAIN and (form in words or _FORMAT in words):
            self._refused.add(form)
            if form == DIARIZED:
                _log.warning("speakers are not told apart: the model does not offer it", transcriber=self.config.name)
            return True
        known = (_CHUNKS, _NAMES, "prompt", "languages[]", "language")
        name = next((each for each in known if _is_about(words, each, sent)), "")
        if not name:
            return False
        self._refused.add(name)
        _log.warning("a setting is not sent: the model refuses it", transcriber=self.config.name, field=name)
        return True


class OpenAICompatible(OpenAI):
    """Another server with the same call. It is asked for times too, which most of them have."""

    forms = ("verbose_json", _PLAIN)


def _is_about(words: str, name: str, sent: dict[str, str]) -> bool:
    """Whether the words are about a field that was sent; those about the value of `language` are not."""
    if name not in sent or name.removesuffix("[]") not in words:
        return False
    return not name.startswith("language") or sent[name] not in words.replace("'", " ").replace('"', " ").split()
