"""A template as its owner defined it with the provider: what it wants to be given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from turnkeeper.model.ids import ChannelId, WorkspaceId

TemplateHeader = Literal["text", "image", "video", "document", "location"]
TemplateButtonKind = Literal["url", "quick_reply", "copy_code", "flow", "phone_number", "other"]


@dataclass(frozen=True, slots=True)
class DefinedButton:
    """One button; `wants`: whether a value must be given for it, `may`: whether one can."""

    kind: TemplateButtonKind
    text: str = ""
    wants: bool = False
    may: bool = False


@dataclass(frozen=True, slots=True)
class TemplateDefinition:
    """One template in one language.

    `body` and `header_values` hold the names of the parameters, in order: digits where they have a place instead
    of a name. `text` is the body's, with its parameters in double braces; `status` is the provider's word.
    """

    name: str
    language: str
    status: str = "APPROVED"
    category: str = ""
    named: bool = False
    header: TemplateHeader | None = None
    header_values: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    text: str = ""
    buttons: tuple[DefinedButton, ...] = ()


class TemplateRow(msgspec.Struct, frozen=True):
    """A template as its provider told of it last; the order of the fields is the order of the columns.

    `definition`: a TemplateDefinition as JSON; `reason`: why it was rejected or paused, in the provider's word;
    `synced_at`: unix seconds.
    """

    workspace_id: WorkspaceId
    channel_id: ChannelId
    name: str
    language: str
    external_id: str
    status: str
    category: str
    quality: str
    reason: str | None
    definition: bytes
    synced_at: float
