"""A template as its owner defined it with the provider: what it wants to be given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec

from turnkeeper.model.events import TemplateReport
from turnkeeper.model.ids import ChannelId, WorkspaceId

TemplateHeader = Literal["text", "image", "video", "document", "location"]
TemplateButtonKind = Literal["url", "quick_reply", "copy_code", "flow", "phone_number", "other"]


@dataclass(frozen=True, slots=True)
class DefinedButton:
    """One button; `wants`: whether a value must be given for it, `may`: whether one can. `opens`: the address or phone
    number behind it, with its parameter in double braces."""

    kind: TemplateButtonKind
    text: str = ""
    wants: bool = False
    may: bool = False
    opens: str = ""


@dataclass(frozen=True, slots=True)
class TemplateDefinition:
    """One template in one language.

    `body` and `header_values` hold the names of the parameters, in order: digits where they have a place instead
    of a name. `text` is the body's, with its parameters in double braces, `header_text` a header's of words; `status`
    is the provider's word.
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
    header_text: str = ""
    footer: str = ""


@dataclass(frozen=True, slots=True)
class FoundTemplate:
    """A template as its provider lists it; `quality` and `reason` in the provider's words."""

    definition: TemplateDefinition
    external_id: str
    quality: str = ""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class DraftButton:
    """A button of a template that is to be made. `opens`: an address, with one parameter at its end at most, or a
    phone number; `example`: the whole address with the parameter, or a code."""

    kind: TemplateButtonKind
    text: str = ""
    opens: str = ""
    example: str = ""


@dataclass(frozen=True, slots=True)
class TemplateDraft:
    """A template that is to be submitted to a provider.

    `body` and `header` hold their parameters in double braces: numbers from 1, or names. `examples` give every
    parameter of the body a value, by its number or name; `header_example` that of the header, or, for a header that is
    a file, the provider's handle of a sample.
    """

    name: str
    language: str
    category: str
    body: str
    examples: Mapping[str, str] = field(default_factory=dict)
    header_kind: TemplateHeader | None = None
    header: str = ""
    header_example: str = ""
    footer: str = ""
    buttons: tuple[DraftButton, ...] = ()


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


class TemplateSync(msgspec.Struct, frozen=True):
    """How far a channel's templates are known. `look_at`: when a worker asks for them next; `problem`: why they could
    not be had the last time; instants are unix seconds, `synced_at` None: never."""

    workspace_id: WorkspaceId
    channel_id: ChannelId
    look_at: float
    synced_at: float | None = None
    problem: str | None = None


class TemplateNews(msgspec.Struct, frozen=True, array_like=True):
    """What a provider told of a template, for one workspace; `received_at` in unix seconds."""

    workspace_id: WorkspaceId
    report: TemplateReport
    received_at: float
