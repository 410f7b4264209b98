"""What every channel adapter keeps to, whoever the provider is. A new adapter joins with a row."""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.channels import cloud_bodies
from tests.channels.scripts import play, reply
from turnkeeper.channels import registry
from turnkeeper.channels.base import Capabilities, Forbidden, HttpReply, NotThisProvider, Webhook
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import ChannelId, ConversationId, OutboundKey, WorkspaceId, tracker_for
from turnkeeper.model.outbound import Accepted, NotSent, Outbound, Rejected, Text, Unknown


@dataclass(frozen=True)
class Row:
    """One adapter. `texts` builds a signed webhook out of (message id, text) pairs."""

    kind: str
    config: Any
    secrets: tuple[str, ...]
    account_id: str
    texts: Callable[[list[tuple[str, str]]], Webhook]
    forge: Callable[[Webhook], list[Webhook]]
    address: str
    accepted: HttpReply
    accepted_id: str


def cloud_texts(texts: list[tuple[str, str]]) -> Webhook:
    items = [cloud_bodies.message("text", {"body": body}, id=key) for key, body in texts]
    return cloud_bodies.signed(cloud_bodies.body(cloud_bodies.messages(*items)))


def cloud_forged(good: Webhook) -> list[Webhook]:
    return [
        Webhook({}, good.body),
        Webhook(good.headers, good.body + b" "),
        cloud_bodies.signed(good.body, "guess"),
    ]


ROWS = [
    Row(
        kind="whatsapp_cloud",
        config=cloud_bodies.CONFIG,
        secrets=(cloud_bodies.TOKEN, cloud_bodies.SECRET, cloud_bodies.CONFIG.verify_token),
        account_id=cloud_bodies.NUMBER_ID,
        texts=cloud_texts,
        forge=cloud_forged,
        address=f"phone:{cloud_bodies.PHONE}",
        accepted=reply(200, {"messages": [{"id": "wamid.out"}]}),
        accepted_id="wamid.out",
    ),
]
each = pytest.mark.parametrize("row", ROWS, ids=[row.kind for row in ROWS])
KEY = OutboundKey(WorkspaceId("default"), ConversationId("c1"), 7)
LONGEST_SCRIPT = 5


def outbound(row: Row, **changes: Any) -> Outbound:
    found = Outbound(KEY, ChannelId("c"), (row.address,), Text("Salam"), tracker_for(KEY))
    return dataclasses.replace(found, **changes)


def test_every_kind_has_a_row() -> None:
    assert sorted(registry.kinds()) == sorted(row.kind for row in ROWS)


def test_an_unknown_kind_is_named_with_the_known() -> None:
    with pytest.raises(ConfigurationError, match="whatsapp_cloud"):
        registry.find("pigeon")


@each
def test_it_is_registered(row: Row) -> None:
    found = registry.find(row.kind)
    assert found.adapter.kind == row.kind
    assert isinstance(found.adapter.capabilities, Capabilities)
    assert found.adapter.capabilities.limits.text > 0
    assert isinstance(row.config, found.config_type)


@each
def test_settings_are_frozen_and_keep_their_secrets(row: Row) -> None:
    name = dataclasses.fields(row.config)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(row.config, name, "x")
    assert not [secret for secret in row.secrets if secret in repr(row.config)]


@each
def test_only_the_provider_is_let_in(row: Row) -> None:
    adapter = registry.find(row.kind).adapter
    good = row.texts([("1", "Salam")])
    adapter.verify(good, row.config)
    for forged in row.forge(good):
        with pytest.raises(Forbidden):
            adapter.verify(forged, row.config)


@each
def test_a_batch_comes_out_in_order(row: Row) -> None:
    webhook = row.texts([(f"id-{n}", f"text {n}") for n in range(20)])
    found = registry.find(row.kind).adapter.parse(webhook, row.config)
    assert all(isinstance(event, Inbound) for event in found)
    events = [event for event in found if isinstance(event, Inbound)]
    assert [event.text for event in events] == [f"text {n}" for n in range(20)]
    assert {event.account_id for event in events} == {row.account_id}
    assert all(row.address in event.addresses for event in events)
    assert len({event.dedup_key for event in events}) == 20


@each
def test_what_is_delivered_again_has_the_same_key(row: Row) -> None:
    adapter = registry.find(row.kind).adapter
    alone = adapter.parse(row.texts([("a", "x")]), row.config)
    batch = adapter.parse(row.texts([("b", "y"), ("a", "x")]), row.config)
    assert alone[0].dedup_key == batch[1].dedup_key  # type: ignore[union-attr]
    assert adapter.parse(row.texts([("a", "x")]), row.config) == alone


@each
def test_what_is_no_body_of_its_own_is_refused(row: Row) -> None:
    adapter = registry.find(row.kind).adapter
    for raw in (b"", b"x", b"\xff", b"null", b"3", b"{}", b"[]", b"[" * 100_000):
        with pytest.raises(NotThisProvider):
            adapter.parse(Webhook({}, raw), row.config)


@each
def test_an_accepted_send_names_the_providers_id(row: Row) -> None:
    sending = registry.find(row.kind).adapter.send(outbound(row), row.config)
    calls, result = play(sending, [row.accepted] * LONGEST_SCRIPT)
    assert result == Accepted(row.accepted_id)
    shown = "".join(f"{call!r}{call.url}" for call in calls)
    assert not [secret for secret in row.secrets if secret in shown]


@each
def test_a_tracked_send_carries_its_tracker(row: Row) -> None:
    adapter = registry.find(row.kind).adapter
    if not adapter.capabilities.tracks_sends:
        return
    sending = adapter.send(outbound(row), row.config)
    calls, _ = play(sending, [row.accepted] * LONGEST_SCRIPT)
    assert any(tracker_for(KEY) in json.dumps(call.json) for call in calls)


@each
@pytest.mark.parametrize(
    "label, answer, kinds",
    [
        ("never left", HttpReply(failure="not_connected"), (NotSent,)),
        ("no answer", HttpReply(failure="no_answer"), (Unknown,)),
        ("accepted in words", reply(200, b"OK"), (Unknown,)),
        ("accepted, empty", reply(200, b""), (Unknown,)),
        ("a gateway's page", reply(502, b"<html>"), (Unknown,)),
        ("not found", reply(404, b""), (Rejected, NotSent)),
        ("nested without end", reply(200, b"[" * 100_000), (Unknown,)),
        ("not UTF-8", reply(200, b"\xff"), (Unknown,)),
    ],
)
def test_an_answer_is_never_guessed(row: Row, label: str, answer: HttpReply, kinds: tuple[type, ...]) -> None:
    sending = registry.find(row.kind).adapter.send(outbound(row), row.config)
    _, result = play(sending, [answer] * LONGEST_SCRIPT)
    assert isinstance(result, kinds)


@each
def test_outside_the_window_nothing_is_called(row: Row) -> None:
    adapter = registry.find(row.kind).adapter
    if adapter.capabilities.free_form_window is None:
        return
    calls, result = play(adapter.send(outbound(row, window_open=False), row.config), [])
    assert calls == []
    assert isinstance(result, Rejected)
    assert result.remedy == "use_template"


@each
def test_typing_fails_silently(row: Row) -> None:
    for answer in (reply(200, {}), reply(500, b""), HttpReply(failure="no_answer")):
        typing = registry.find(row.kind).adapter.typing((row.address,), "1", row.config)
        _, result = play(typing, [answer] * LONGEST_SCRIPT)
        assert result is None
