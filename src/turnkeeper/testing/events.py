"""Small builders for tests: what a contact does, what a provider reports, channels and where they are looked up.

    shop = channel()
    directory = Channels(shop)
    hello = text("hello", of="15551234567", at=1_800_000_000.0)

Message ids are made up, each once; give `id` where two events are to be the same one. Instants are unix seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from msgspec.structs import replace

from turnkeeper.model.events import Choice, DeliveryUpdate, EventKind, Inbound, Reaction, Status
from turnkeeper.model.ids import BotId, ChannelId, WorkspaceId
from turnkeeper.model.outside import OutsideEvent, inbound
from turnkeeper.model.policy import Channel, SendPolicy, TurnPolicy
from turnkeeper.model.subscriptions import Subscription

ADA = "15551230001"
"""The contact that is meant where none is named."""

TURNS = TurnPolicy(adaptive=False, rate_limit=None)
"""How test bots take turns: 4 s of quiet, at most 15 s, no guessing, no limit."""

SENDS = SendPolicy(on_unknown="wait_then_resend")
"""How test channels send: no window, unknown sends are waited for 30 s and sent again once."""

_numbers = count(1)


class Channels:
    """A Directory of given channels."""

    def __init__(self, *channels: Channel, subscriptions: Sequence[Subscription] = ()) -> None:
        self._channels = {(channel.workspace_id, channel.id): channel for channel in channels}
        self.subscriptions = tuple(subscriptions)

    def channel(self, workspace_id: WorkspaceId, channel_id: ChannelId) -> Channel | None:
        """The channel, or None if it is not one of these."""
        return self._channels.get((workspace_id, channel_id))

    def wanting(self, workspace_id: WorkspaceId, event: str) -> tuple[Subscription, ...]:
        """Those of the given subscriptions that name the event."""
        return tuple(each for each in self.subscriptions if each.workspace_id == workspace_id and event in each.events)

    def put(self, channel: Channel) -> None:
        """Add a channel, or give it other settings."""
        self._channels[channel.workspace_id, channel.id] = channel

    def remove(self, channel: Channel) -> None:
        """Forget a channel, as when it leaves the configuration."""
        del self._channels[channel.workspace_id, channel.id]


def channel(
    id: str = "shop",  # noqa: A002 - what it is called everywhere else
    *,
    workspace: str = "default",
    kind: str = "whatsapp_cloud",
    bot: str = "assistant",
    turns: TurnPolicy = TURNS,
    sends: SendPolicy = SENDS,
) -> Channel:
    """A channel with the policies of tests."""
    return Channel(WorkspaceId(workspace), ChannelId(id), kind, BotId(bot), turns, sends)


def event(
    kind: EventKind,
    said: str | None = None,
    *,
    of: str = ADA,
    at: float | None = None,
    id: str | None = None,  # noqa: A002
    addresses: tuple[str, ...] = (),
) -> Inbound:
    """Any event of a contact's. `at`: the provider's time; `addresses`: instead of the phone number `of`."""
    known_as = id if id is not None else f"wamid.{next(_numbers)}"
    return Inbound(
        kind=kind,
        text=said,
        message_id=known_as,
        timestamp=None if at is None else int(at),
        addresses=addresses or (f"phone:{of}",),
        dedup_key=f"m:{known_as}",
    )


def text(
    said: str,
    *,
    of: str = ADA,
    at: float | None = None,
    id: str | None = None,  # noqa: A002
    addresses: tuple[str, ...] = (),
) -> Inbound:
    """A contact's message."""
    return event("text", said, of=of, at=at, id=id, addresses=addresses)


def unnumbered(said: str, *, of: str = ADA, window: float = 15.0) -> Inbound:
    """A message of a provider that gives no ids: known by its content for `window` seconds."""
    return Inbound(kind="text", text=said, addresses=(f"phone:{of}",), dedup_key=f"h:{of}:{said}", dedup_window=window)


def reaction(
    emoji: str,
    target_id: str,
    *,
    of: str = ADA,
    at: float | None = None,
    id: str | None = None,  # noqa: A002
) -> Inbound:
    """An emoji under the message with that id; `""` takes it away."""
    return replace(event("reaction", of=of, at=at, id=id), reaction=Reaction(target_id, emoji))


def chosen(
    choice_id: str,
    title: str,
    *,
    of: str = ADA,
    at: float | None = None,
    id: str | None = None,  # noqa: A002
    reply_to: str | None = None,
) -> Inbound:
    """A press of a button; `reply_to`: the message that it stood in."""
    pressed = event("button_reply", title, of=of, at=at, id=id)
    return replace(pressed, choice=Choice(choice_id, title), reply_to=reply_to)


def edited(target: Inbound, said: str) -> Inbound:
    """An edit of an earlier message."""
    return _about(target, "edited", said)


def deleted(target: Inbound) -> Inbound:
    """A deletion of an earlier message."""
    return _about(target, "deleted", None)


def _about(target: Inbound, kind: EventKind, said: str | None) -> Inbound:
    known_as = f"{kind}.{next(_numbers)}"
    return Inbound(
        kind=kind,
        text=said,
        message_id=known_as,
        target_message_id=target.message_id,
        addresses=target.addresses,
        dedup_key=f"m:{known_as}",
    )


def echo(said: str, *, of: str = ADA, id: str | None = None) -> Inbound:  # noqa: A002
    """A message from the business's own number to a contact: ours, or typed on the phone."""
    known_as = id if id is not None else f"echo.{next(_numbers)}"
    return Inbound(
        kind="text",
        text=said,
        from_me=True,
        message_id=known_as,
        addresses=(f"phone:{of}",),
        dedup_key=f"m:{known_as}",
    )


def happened(
    type: str,  # noqa: A002
    data: object = None,
    *,
    of: str = ADA,
    id: str | None = None,  # noqa: A002
    stage: str | None = None,
    sequence: str | None = None,
    escalate: str | None = None,
    source: str = "shop",
) -> Inbound:
    """An event from outside, as `POST /api/v1/events` puts it into a contact's mailbox."""
    known_as = id if id is not None else f"outside.{next(_numbers)}"
    wants = {"stage": stage, "sequence": sequence, "escalate": escalate}
    told = OutsideEvent(type=type, id=known_as, data=data, source=source, **wants)
    return inbound(told, f"phone:{of}")


def status(
    word: Status,
    *,
    id: str | None = None,  # noqa: A002
    tracker: str | None = None,
    at: float | None = None,
    error: str | None = None,
) -> DeliveryUpdate:
    """What a provider reports of a send, named by its `id`, by our `tracker`, or both."""
    return DeliveryUpdate(
        status=word,
        message_id=id,
        tracker=tracker,
        timestamp=None if at is None else int(at),
        error=error,
        error_codes=(131026,) if error else (),
    )
