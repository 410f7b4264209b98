"""What the addresses of channels tell and take, and how each finds the channel that it is about."""

from typing import Annotated, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field

from turnkeeper.store.channels import ChannelStanding
from turnkeeper.web.api.access import Access
from turnkeeper.web.api.backend import Backend
from turnkeeper.web.api.bot_bodies import (
    NAME,
    ProblemOfSetting,
    Setting,
    Settings,
    Source,
    problems_told,
    refusing,
    settings_told,
)
from turnkeeper.web.api.channel_ports import ChannelDesk, ChannelSeen, KindSeen
from turnkeeper.web.api.refusals import Refusal

ChannelName = Annotated[str, Path(pattern=NAME, description="The channel's name.")]
Key = Annotated[str, Field(max_length=100)]
State = Literal["ok", "problem", "elsewhere", "applying", "paused", "logged_out"]


class ChannelPause(BaseModel):
    """Why nothing is sent, and since when. `ends_by_itself`: once the account works again."""

    reason: str
    at: float
    ends_by_itself: bool


class ChannelAccount(BaseModel):
    """What the provider said last of an account that may be logged out, in its own word."""

    status: str
    works: bool
    at: float


class ChannelTemplates(BaseModel):
    """When its templates were last read, and why not since."""

    synced_at: float | None
    problem: str | None


class ChannelListed(BaseModel):
    """A channel and how it stands. `state` in a word; `applied`: false for a moment after a change, until the server
    works with it; `unsent`: messages that wait to be sent; `waiting`: conversations that wait for an answer; `received`
    and `sent`: messages of the last 24 hours; `webhook`: its address without the secret that may end it, null: events
    are fetched."""

    id: str
    kind: str
    source: Source
    state: State
    bot: str
    account: str
    environment: str | None
    webhook: str | None
    applied: bool
    pause: ChannelPause | None
    login: ChannelAccount | None
    templates: ChannelTemplates | None
    unsent: int
    waiting: int
    received: int
    sent: int
    last_at: float | None
    problems: list[ProblemOfSetting]
    can: list[Literal["connect", "pair", "code", "templates", "health"]]


class ChannelPage(BaseModel):
    """All channels of the workspace."""

    items: list[ChannelListed]
    next: str | None = None


class ChannelTold(ChannelListed):
    """A channel with its settings. `revision`, `settings`: of what was made in the console."""

    settings: list[Setting]
    revision: int | None


class ChannelField(BaseModel):
    """One setting of a kind. `asked`: it is asked for before all others; `made`: a secret that is made up where none is
    given; `choices`: what it may be."""

    key: str
    shape: Literal["text", "lines", "secret", "number", "switch", "choice", "list", "address", "duration"]
    help: str
    required: bool
    asked: bool
    made: bool
    example: str
    default: str | float | bool | None
    choices: list[str]


class ChannelKind(BaseModel):
    """A kind of channel, and what can be done with one. `public_url`: where providers find this server, empty where
    nobody said."""

    kind: str
    says: str
    fields: list[ChannelField]
    can: list[Literal["connect", "pair", "code", "templates", "health"]]


class ChannelKinds(BaseModel):
    """What a channel may be of. `public_url`: where providers find this server, empty where nobody said."""

    items: list[ChannelKind]
    public_url: str


class MakingChannel(BaseModel):
    """A new channel. `settings` as in turnkeeper.toml, without `kind` and `bot`."""

    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(pattern=NAME)]
    kind: Annotated[str, Field(max_length=40)]
    bot: Annotated[str, Field(max_length=63)]
    settings: Settings = {}


class TryingChannel(BaseModel):
    """A change that is tried before it is made."""

    model_config = ConfigDict(extra="forbid")
    set: Settings = {}
    unset: list[Key] = Field([], max_length=200)


class ConnectingChannel(BaseModel):
    """Where the provider reaches this server, if another address than the server's own."""

    model_config = ConfigDict(extra="forbid")
    url: Annotated[str, Field(max_length=300, pattern=r"^(https?://[^\s@?#]+)?$")] = ""


class PairingChannel(BaseModel):
    """The phone that a code is for, with its country's code."""

    model_config = ConfigDict(extra="forbid")
    phone: Annotated[str, Field(pattern=r"^[+0-9 ().-]{7,30}$")]


class PausingChannel(BaseModel):
    """Why nothing is to be sent, for colleagues."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(max_length=200)] = ""


class TestMessage(BaseModel):
    """To whom, and what: a text, or a template where only one may be sent."""

    model_config = ConfigDict(extra="forbid")
    to: Annotated[str, Field(min_length=1, max_length=200)]
    text: Annotated[str, Field(max_length=1000)] = ""
    template: Annotated[str, Field(max_length=600)] = ""
    language: Annotated[str, Field(max_length=20)] = "en_US"
    values: list[Annotated[str, Field(max_length=1000)]] = Field([], max_length=20)


def channels_of(behind: Backend) -> ChannelDesk:
    """What the pages of channels work with; raises Refusal where a server has none."""
    if behind.channels is None:
        raise Refusal(404, "this server tells nothing of channels")
    return behind.channels


async def asked_channel(behind: Backend, access: Access, name: str) -> ChannelSeen:
    """The channel of that name in the workspace; raises Refusal."""
    with refusing():
        found = await channels_of(behind).channels(access.workspace_id)
    for each in found:
        if each.id == name:
            return each
    raise Refusal(404, f"there is no channel {name} in this workspace")


def kind_told(kind: KindSeen) -> ChannelKind:
    """As the API tells it."""
    fields = [ChannelField.model_validate(each, from_attributes=True) for each in kind.fields]
    return ChannelKind(kind=kind.kind, says=kind.says, fields=fields, can=list(kind.can))


def channel_told(
    seen: ChannelSeen, stands: ChannelStanding, day: tuple[int, int], *, ends_by_itself: bool
) -> ChannelTold:
    """As the API tells it. `day`: messages in and out of the last 24 hours."""
    paused, login, sync = None, None, None
    if stands.paused is not None:
        paused = ChannelPause(reason=stands.paused, at=stands.paused_at or 0.0, ends_by_itself=ends_by_itself)
    if stands.account is not None:
        login = ChannelAccount(status=stands.account, works=stands.works, at=stands.told_at or 0.0)
    if "templates" in seen.can:
        sync = ChannelTemplates(synced_at=stands.synced_at, problem=stands.sync_problem)
    return ChannelTold(
        id=seen.id,
        kind=seen.kind,
        source=seen.source,
        state=_state(seen, stands),
        bot=seen.bot,
        account=seen.account,
        environment=seen.environment,
        webhook=seen.webhook,
        applied=seen.applied,
        pause=paused,
        login=login,
        templates=sync,
        unsent=stands.unsent,
        waiting=stands.waiting,
        received=day[0],
        sent=day[1],
        last_at=stands.last_at,
        problems=problems_told(seen.problems),
        can=list(seen.can),
        settings=settings_told(seen.settings),
        revision=seen.revision,
    )


def _state(seen: ChannelSeen, stands: ChannelStanding) -> State:
    if seen.problems:
        return "problem"
    if seen.environment is not None:
        return "elsewhere"
    if not seen.applied:
        return "applying"
    if stands.account is not None and not stands.works:
        return "logged_out"
    return "ok" if stands.paused is None else "paused"
