"""Who hears voice notes for the bots of one process.

A transcriber is made when the first bot names it, and used by all; what one chain learns of it, all know.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING

from turnkeeper.channels.base import HttpCall, Multipart
from turnkeeper.config.errors import nearest
from turnkeeper.config.transcribers import (
    BUILT_IN,
    FasterWhisperKeys,
    MoonshineKeys,
    ServiceKeys,
    TranscriberKeys,
    VoiceKeys,
)
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.voice.base import Form, Post, Posted, Transcriber
from turnkeeper.voice.chain import Chain, Member, Watching
from turnkeeper.voice.health import Breakers

if TYPE_CHECKING:
    from turnkeeper.config import BotSettings, Settings
    from turnkeeper.engine.http import Client
    from turnkeeper.voice.looking import Looking

LONGEST_CALL = 900.0
"""Seconds for one call of a service; chains have limits of their own."""
_BUILT_IN = MoonshineKeys.model_validate({"kind": "moonshine"})


class Transcribers:
    """Those of a configuration. `close` ends their processes."""

    def __init__(
        self,
        settings: Settings,
        now: Callable[[], float],
        client: Client,
        *,
        watch: Watching | None = None,
        tell: Callable[[float, float], None] | None = None,
    ) -> None:
        """`watch`: who counts tries. `tell`: gets the seconds that those of this machine have heard, and of how many,
        while they work."""
        self._tell = tell
        self._settings = settings
        self._now = now
        self._post = posting(client)
        self._breakers = Breakers()
        self._watch = watch
        self._made: dict[str, Transcriber] = {}
        self._looking: Looking | None = None

    def of(self, bot: BotSettings) -> Chain:
        """Who hears for a bot."""
        names = bot.keys.transcribe if isinstance(bot.keys, VoiceKeys) else ()
        return self.chain(names, f"bots.{bot.id}.transcribe")

    def chain(self, names: Sequence[str], key: str = "transcribe") -> Chain:
        """Those of these names, in their order. Raises ConfigurationError, naming `key`, for one that is not there."""
        keys = [(name, self._keys(name, key)) for name in names]
        members = [
            Member(
                name,
                self._transcriber(name, each),
                each.wish(),
                each.timeout,
                each.longest,
                waits=not isinstance(each, ServiceKeys),
            )
            for name, each in keys
        ]
        # Those of this machine look at a note themselves.
        posts = any(isinstance(each, ServiceKeys) for _, each in keys)
        examine = self._looker().examine if posts else None
        return Chain(members, self._now, examine=examine, breakers=self._breakers, watch=self._watch)

    async def close(self) -> None:
        """End their processes."""
        for each in self._made.values():
            await each.close()
        if self._looking is not None:
            await self._looking.close()

    def _keys(self, name: str, key: str) -> TranscriberKeys:
        keys = _BUILT_IN if name == BUILT_IN else self._settings.transcribers.get(name)
        if keys is None:
            mend = nearest(name, [*self._settings.transcribers, BUILT_IN])
            raise ConfigurationError(key, f'there is no transcriber "{name}"', mend)
        return keys

    def _transcriber(self, name: str, keys: TranscriberKeys) -> Transcriber:
        if name not in self._made:
            self._made[name] = self._opened(name, keys)
        return self._made[name]

    def _opened(self, name: str, keys: TranscriberKeys) -> Transcriber:
        """What hears is imported where it is configured."""
        most = self._settings.media.largest
        match keys:
            case ServiceKeys():
                from turnkeeper.voice.services import service

                return service(keys.config(name), self._post, self._looker().transcode)
            case FasterWhisperKeys():
                from turnkeeper.voice.faster_whisper import FasterWhisper

                folder = self._settings.folder / keys.folder
                return FasterWhisper(folder, keys.longest, most, keys.timeout, threads=keys.threads, tell=self._tell)
        from turnkeeper.voice.moonshine import Moonshine

        return Moonshine(keys.longest, most, keys.timeout, tell=self._tell)

    def _looker(self) -> Looking:
        """Who looks at notes before they are sent: for as long as anybody takes them."""
        if self._looking is None:
            from turnkeeper.voice.looking import Looking

            longest = max([_BUILT_IN.longest, *(each.longest for each in self._settings.transcribers.values())])
            self._looking = Looking(longest, self._settings.media.largest)
        return self._looking


def posting(client: Client, within: float = LONGEST_CALL) -> Post:
    """Posts forms over the shared client. In tests nothing leaves this machine."""

    async def post(form: Form) -> Posted:
        from turnkeeper.llm.providers import permission

        permission.check(form.url)
        fields: dict[str, str | tuple[str, ...]] = {}
        for name, value in form.fields:
            before = fields.get(name, ())
            fields[name] = (*((before,) if isinstance(before, str) else before), value)
        sound = form.sound

        async def content(_: str) -> AsyncIterator[bytes]:
            yield sound.data

        multipart = Multipart("", len(sound.data), sound.mime, sound.filename, fields)
        call = HttpCall("POST", form.url, form.headers, multipart=multipart)
        reply = await client.call(call, timeout=within, content=content)
        return Posted(reply.status, reply.body, reply.headers, reply.failure)

    return post
