"""Who hears voice notes for the bots of one process.

A transcriber is made when the first bot names it, and used by all; what one chain learns of it, all know.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from turnkeeper.channels.base import HttpCall, Multipart
from turnkeeper.voice.base import Form, Post, Posted

if TYPE_CHECKING:
    from turnkeeper.engine.http import Client

LONGEST = 900.0
"""Seconds for one call of a service; chains have limits of their own."""


def posting(client: Client, within: float = LONGEST) -> Post:
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
