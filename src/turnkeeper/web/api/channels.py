"""Channels: which there are and how they stand; making the console's own, trying them, and logging accounts in.

What turnkeeper.toml declares is read-only here, but can be stopped, checked and tried. Whatever asks a provider answers
with lines of JSON as they are found out (`application/x-ndjson`): {"link", "state", "detail", "mend"}, {"status", "qr",
…}, {"stage", …}, or {"error", "mend"}.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from turnkeeper.model.ids import ChannelId
from turnkeeper.rules.account import ends_by_itself
from turnkeeper.web.api.access import Access, Administers, Reads
from turnkeeper.web.api.backend import Backend, Behind
from turnkeeper.web.api.bot_bodies import Changing, Named, refusing
from turnkeeper.web.api.channel_bodies import (
    ChannelKinds,
    ChannelListed,
    ChannelName,
    ChannelPage,
    ChannelTold,
    ConnectingChannel,
    MakingChannel,
    PairingChannel,
    PausingChannel,
    TestMessage,
    TryingChannel,
    asked_channel,
    channel_told,
    channels_of,
    kind_told,
)
from turnkeeper.web.api.channel_ports import ChannelSeen, TooMany
from turnkeeper.web.api.refusals import Refusal

router = APIRouter(prefix="/channels", tags=["channels"])
_DAY = 86_400.0
_OF_FILE = "stands in turnkeeper.toml: whoever runs the server changes it there"
_LINES: dict[int | str, dict[str, Any]] = {
    200: {"description": "Lines of JSON, as they are found out", "content": {"application/x-ndjson": {}}}
}
BY_HAND = "stopped by hand"


@router.get("")
async def list_channels(access: Reads, behind: Behind) -> ChannelPage:
    """All channels of the workspace, by name."""
    with refusing():
        found = await channels_of(behind).channels(access.workspace_id)
    told = await _stand(behind, access, list(found))
    return ChannelPage(items=[ChannelListed(**each.model_dump()) for each in told])


@router.get("/kinds")
async def list_channel_kinds(_: Reads, behind: Behind) -> ChannelKinds:
    """What channels may be of, and what each kind's form asks for."""
    items = [kind_told(each) for each in channels_of(behind).kinds()]
    return ChannelKinds(items=items, public_url=behind.public_url)


@router.post("", status_code=201)
async def create_channel(body: MakingChannel, access: Administers, behind: Behind) -> Named:
    """Make a channel; the server works with it within seconds."""
    table = {**body.settings, "kind": body.kind, "bot": body.bot}
    with refusing():
        made = await channels_of(behind).make(access.workspace_id, body.name, table, access.who)
    await access.note("channel.created", made, {"kind": body.kind})
    return Named(name=made)


@router.post("/check", responses=_LINES, response_class=StreamingResponse)
async def check_new_channel(body: MakingChannel, access: Administers, behind: Behind) -> StreamingResponse:
    """Ask the provider whether a channel that is not made yet would work."""
    table = {**body.settings, "kind": body.kind, "bot": body.bot}
    with refusing():
        tried = await channels_of(behind).tried(access.workspace_id, body.name, table, (), new=True)
    return await _lines(behind, access, body.name, "check", tried)


@router.get("/{channel_id}")
async def read_channel(channel_id: ChannelName, access: Reads, behind: Behind) -> ChannelTold:
    """One channel, with its settings as they count; of a secret only whether there is one."""
    (told,) = await _stand(behind, access, [await asked_channel(behind, access, channel_id)])
    return told


@router.patch("/{channel_id}", status_code=204)
async def change_channel(channel_id: ChannelName, body: Changing, access: Administers, behind: Behind) -> Response:
    """Change settings of a channel that was made in the console."""
    await _own(behind, access, channel_id)
    with refusing():
        await channels_of(behind).change(
            access.workspace_id, channel_id, body.revision, body.set, body.unset, access.who
        )
    await access.note("channel.changed", channel_id, {"settings": sorted({*body.set, *body.unset})})
    return Response(status_code=204)


@router.delete("/{channel_id}", status_code=204)
async def delete_channel(
    channel_id: ChannelName,
    access: Administers,
    behind: Behind,
    confirm: Annotated[str, Query(description="The channel's name again.", max_length=63)] = "",
) -> Response:
    """Delete a channel that was made in the console. Its conversations stay, and nothing comes or leaves any more."""
    await _own(behind, access, channel_id)
    if confirm != channel_id:
        raise Refusal(422, f"say confirm={channel_id} to delete it")
    with refusing():
        await channels_of(behind).drop(access.workspace_id, channel_id)
    await access.note("channel.deleted", channel_id)
    return Response(status_code=204)


@router.post("/{channel_id}/check", responses=_LINES, response_class=StreamingResponse)
async def check_channel(
    channel_id: ChannelName, body: TryingChannel, access: Administers, behind: Behind
) -> StreamingResponse:
    """Look at each link between the channel's provider and this server; with a change, as it would be then."""
    seen = await asked_channel(behind, access, channel_id)
    tried: Mapping[str, Any] | None = None
    if body.set or body.unset:
        _made(seen)
        with refusing():
            desk = channels_of(behind)
            tried = await desk.tried(access.workspace_id, channel_id, body.set, body.unset, new=False)
    return await _lines(behind, access, channel_id, "check", tried)


@router.post("/{channel_id}/connect", responses=_LINES, response_class=StreamingResponse)
async def connect_channel(
    channel_id: ChannelName, body: ConnectingChannel, access: Administers, behind: Behind
) -> StreamingResponse:
    """Register the webhook at the provider, or tell what a person has to enter there."""
    await asked_channel(behind, access, channel_id)
    await access.note("channel.connected", channel_id)
    return await _lines(behind, access, channel_id, "connect", url=body.url)


@router.post("/{channel_id}/qr", responses=_LINES, response_class=StreamingResponse)
async def pair_channel(channel_id: ChannelName, access: Administers, behind: Behind) -> StreamingResponse:
    """Start the account's session, and tell each QR code that its phone may scan until it is logged in."""
    _able(await asked_channel(behind, access, channel_id), "pair")
    return await _lines(behind, access, channel_id, "pair")


@router.post("/{channel_id}/pairing-code", responses=_LINES, response_class=StreamingResponse)
async def request_pairing_code(
    channel_id: ChannelName, body: PairingChannel, access: Administers, behind: Behind
) -> StreamingResponse:
    """Get a code that is typed into the phone instead."""
    _able(await asked_channel(behind, access, channel_id), "code")
    phone = "".join(each for each in body.phone if each.isascii() and each.isdigit())
    return await _lines(behind, access, channel_id, "code", phone=phone)


@router.post("/{channel_id}/pause", status_code=204)
async def pause_channel(channel_id: ChannelName, body: PausingChannel, access: Administers, behind: Behind) -> Response:
    """Send nothing any more; what comes is taken and answered, and waits."""
    await asked_channel(behind, access, channel_id)
    reason = f"{BY_HAND} by {access.who}" + (f": {body.reason.strip()}" if body.reason.strip() else "")
    await behind.store.pause_channel(access.workspace_id, ChannelId(channel_id), reason, behind.now())
    await access.note("channel.paused", channel_id, {"reason": body.reason})
    return Response(status_code=204)


@router.post("/{channel_id}/resume", status_code=204)
async def resume_channel(channel_id: ChannelName, access: Administers, behind: Behind) -> Response:
    """Send again, in order."""
    await asked_channel(behind, access, channel_id)
    await behind.store.resume_channel(access.workspace_id, ChannelId(channel_id), behind.now())
    await access.note("channel.resumed", channel_id)
    return Response(status_code=204)


@router.post("/{channel_id}/test-message", responses=_LINES, response_class=StreamingResponse)
async def send_test_message(
    channel_id: ChannelName, body: TestMessage, access: Administers, behind: Behind
) -> StreamingResponse:
    """Send a message to somebody, and tell each stage that it reaches."""
    await asked_channel(behind, access, channel_id)
    if not body.text.strip() and not body.template:
        raise Refusal(422, "say a text or a template")
    await access.note("channel.tested", channel_id)
    asked = {name: getattr(body, name) for name in ("to", "text", "template", "language", "values")}
    return await _lines(behind, access, channel_id, "test", **asked)


async def _stand(behind: Backend, access: Access, channels: list[ChannelSeen]) -> list[ChannelTold]:
    """How channels stand."""
    now, home = behind.now(), access.workspace_id
    stands = await behind.store.channel_standings(home, [each.id for each in channels])
    figures = await behind.store.figures(home, now - _DAY, now + 1, by="channel")
    day = {(each.group, each.name): each.value for each in figures}
    return [
        channel_told(
            seen,
            stand,
            (day.get((seen.id, "in"), 0), day.get((seen.id, "out"), 0)),
            ends_by_itself=stand.paused is not None and ends_by_itself(stand.paused),
        )
        for seen, stand in zip(channels, stands, strict=True)
    ]


async def _own(behind: Backend, access: Access, name: str) -> None:
    _made(await asked_channel(behind, access, name))


def _made(seen: ChannelSeen) -> None:
    if seen.source == "file":
        raise Refusal(409, f"{seen.id} {_OF_FILE}")


def _able(seen: ChannelSeen, what: str) -> None:
    if what not in seen.can:
        raise Refusal(409, f"an account of kind {seen.kind} is not logged in that way")


async def _lines(
    behind: Backend, access: Access, name: str, do: Any, table: Mapping[str, Any] | None = None, **asked: Any
) -> StreamingResponse:
    """An errand's lines; what stops it before the first one is a refusal."""
    lines = channels_of(behind).errand(access.workspace_id, name, do, table, **asked)
    try:
        first = await anext(lines, b"")
    except TooMany as error:
        raise Refusal(429, str(error)) from None

    async def all_of_them() -> AsyncIterator[bytes]:
        yield first
        async for each in lines:
            yield each

    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(all_of_them(), media_type="application/x-ndjson", headers=headers)
