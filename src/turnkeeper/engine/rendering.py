"""From what a bot says to what a channel can carry."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from turnkeeper.channels.base import Capabilities
from turnkeeper.model.outbound import Content, Reply, Text
from turnkeeper.text import whatsapp
from turnkeeper.text.splitting import split

_encode = msgspec.json.Encoder().encode


def rendered(replies: Sequence[Reply], capabilities: Capabilities) -> list[bytes]:
    """Each reply as one or more encoded contents, in order; split before it is rendered."""
    return [_encode(content) for reply in replies for content in _contents(reply, capabilities)]


def _contents(reply: Reply, capabilities: Capabilities) -> list[Content]:
    said = Text(reply) if isinstance(reply, str) else reply
    if not isinstance(said, Text):
        return [said]
    parts = split(said.body, capabilities.limits.text)
    return [replace(said, body=whatsapp.render(part)) for part in parts]
