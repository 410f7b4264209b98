"""From what a bot says to what a channel can carry."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from turnkeeper.channels.base import Capabilities
from turnkeeper.model.outbound import Text
from turnkeeper.text import whatsapp
from turnkeeper.text.splitting import split

_encode = msgspec.json.Encoder().encode


def rendered(replies: Sequence[str], capabilities: Capabilities) -> list[bytes]:
    """Each reply as one or more encoded contents, in order; split before it is rendered."""
    parts = (part for reply in replies for part in split(reply, capabilities.text_limit))
    return [_encode(Text(whatsapp.render(part))) for part in parts]
