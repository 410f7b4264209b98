"""What every channel adapter keeps to, whoever the provider is. A kind joins with its table (tests/channels/table.py).

The kinds are those of the registry: one without a table fails.
"""

import copy
import dataclasses
import json
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.channels.mutations import check_storable, mutated, places
from tests.channels.table import FOLDER, Body, Cases, dump, load
from turnkeeper.channels import registry, shape
from turnkeeper.channels.base import (
    Capabilities,
    Forbidden,
    NotThisProvider,
    Webhook,
)
from turnkeeper.channels.keys import ChannelKeys
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.events import Inbound, Received, words
from turnkeeper.model.outbound import NotSent, Rejected

KINDS = registry.kinds()
each = pytest.mark.parametrize("kind", KINDS)
WHO_AND_WHEN = {
    "account_id", "message_id", "message_key", "chat_id", "sender_id", "sender_user_id", "sender_phone",
    "sender_name", "timestamp", "contact_name", "recipient_id", "participant_id", "tracker", "raw", "reason",
}  # fmt: skip
"""What may be printed of an event though its row does not name it."""


def parsed(cases: Cases, body: Body) -> list[Received]:
    found: list[Received] = cases.adapter.parse(cases.webhook(body), cases.config)
    return found


# The tables.


@each
def test_a_kind_has_a_table(kind: str) -> None:
    assert load(kind).kind == kind


def test_a_table_has_a_kind() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.py")) == sorted(KINDS)


@each
def test_a_kind_has_a_page_that_the_index_names(kind: str) -> None:
    pages = Path(__file__).parents[2] / "docs/channels"
    assert (pages / f"{kind}.md").is_file(), f"write docs/channels/{kind}.md"
    assert f"({kind}.md)" in (pages / "README.md").read_text("utf-8"), "a row in docs/channels/README.md is missing"


def test_a_kind_without_a_table_is_told_what_to_write() -> None:
    with pytest.raises(AssertionError, match=r"write tests/channels/cases/pigeon\.py"):
        load("pigeon")


@each
def test_a_table_tells_enough(kind: str) -> None:
    cases = load(kind)
    assert len({row[0] for row in cases.heard}) == len(cases.heard) >= 5
    assert {outcome for _, _, outcome, _ in cases.answers} >= {NotSent, Rejected}
    assert any(has.get("remedy") == "stop_channel" for _, _, _, has in cases.answers), "a dead token or key"
    assert not hasattr(cases.adapter, "health") or cases.unhealthy


def test_an_unknown_kind_is_named_with_the_known() -> None:
    with pytest.raises(ConfigurationError, match="whatsapp_cloud"):
        registry.find("pigeon")


# What it is.


@each
def test_it_is_registered(kind: str) -> None:
    cases, found = load(kind), registry.find(kind)
    assert found.adapter.kind == kind
    assert isinstance(found.adapter.capabilities, Capabilities)
    assert found.adapter.capabilities.limits.text > 0
    assert isinstance(cases.config, found.config_type)


@each
def test_its_keys_say_what_identifies_proves_and_authorizes_it(kind: str) -> None:
    cases = load(kind)
    keys = registry.find(kind).keys.model_validate({"kind": kind, "bot": "assistant", **cases.keys})
    assert keys.identity
    assert set(keys.identity) <= set(type(keys).model_fields)
    assert cases.account_id in keys.account_ids
    assert keys.proof or keys.path_secret, "anybody could post to it"
    assert keys.credentials()
    assert not [secret for secret in cases.secrets if secret in f"{keys!r}{keys}"]


@pytest.mark.parametrize("forgotten", ["account_ids", "proof", "credentials"])
def test_keys_that_leave_one_of_these_unsaid_are_none(forgotten: str) -> None:
    said = {"account_ids": property(lambda _: ("",)), "proof": property(lambda _: "p"), "credentials": lambda _: ("t",)}
    settings = {"kind": "pigeon", "bot": "assistant"}
    assert type("PigeonKeys", (ChannelKeys,), dict(said)).model_validate(settings).credentials_digest()
    del said[forgotten]
    with pytest.raises(TypeError, match=f"abstract.*{forgotten}"):
        type("PigeonKeys", (ChannelKeys,), said).model_validate(settings)


@each
def test_settings_are_frozen_and_keep_their_secrets(kind: str) -> None:
    cases = load(kind)
    name = dataclasses.fields(cases.config)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(cases.config, name, "x")
    assert not [secret for secret in cases.secrets if secret in repr(cases.config)]


# What it hears.


@each
def test_only_the_provider_is_let_in(kind: str) -> None:
    cases = load(kind)
    good = cases.webhook(cases.message(1, "Salam"))
    cases.adapter.verify(good, cases.config)
    forged = [Webhook({}, good.body), *cases.forge(good)]
    for number, webhook in enumerate(forged):
        with pytest.raises(Forbidden):
            cases.adapter.verify(webhook, cases.config)
            pytest.fail(f"the forged webhook {number} was let in")


@each
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_what_nobody_signed_raises_nothing_else(kind: str, data: st.DataObject) -> None:
    cases = load(kind)
    good = cases.webhook(cases.message(1, "Salam"))
    line = st.text(st.characters(max_codepoint=255), max_size=20)
    given_secret = data.draw(line)
    webhook = Webhook({name: data.draw(line) for name in good.headers}, good.body, {}, given_secret)
    with pytest.raises(Forbidden):
        cases.adapter.verify(webhook, cases.config)


@each
def test_each_body_means_what_its_row_says(kind: str) -> None:
    cases = load(kind)
    for label, body, events in cases.heard:
        printed = [json.loads(json.dumps(words(item), default=str)) for item in parsed(cases, body)]
        for found, expected in zip(printed, events, strict=False):
            more = {key for key in found if key not in expected} - WHO_AND_WHEN
            missed = {key: found.get(key) for key in expected if found.get(key) != expected[key]}
            assert (missed, more) == ({}, set()), f"{label}: {found}"
        assert len(printed) == len(events), f"{label}: {printed}"
        check_storable(parsed(cases, body))


@each
def test_a_batch_comes_out_in_order(kind: str) -> None:
    cases = load(kind)
    bodies = [cases.message(n, f"text {n}") for n in range(1, 21)]
    batches = [cases.batch(bodies)] if cases.batch is not None else bodies
    events = [event for body in batches for event in parsed(cases, body) if isinstance(event, Inbound)]
    assert [event.text for event in events] == [f"text {n}" for n in range(1, 21)]
    assert {event.account_id for event in events} == {cases.account_id}
    assert all(cases.address in event.addresses for event in events)
    assert len({event.dedup_key for event in events}) == 20


@each
def test_what_is_delivered_again_has_the_same_key(kind: str) -> None:
    cases = load(kind)
    body = cases.message(1, "x")
    (alone,) = parsed(cases, body)
    assert parsed(cases, body) == [alone]
    assert isinstance(alone, Inbound)
    assert alone.dedup_key
    if cases.batch is not None:
        other, again = parsed(cases, cases.batch([cases.message(2, "y"), body]))
        assert again == alone
        assert isinstance(other, Inbound)
        assert other.dedup_key != alone.dedup_key


@each
def test_what_is_no_body_of_its_own_is_refused(kind: str) -> None:
    cases = load(kind)
    for raw in (b"", b"x", b"\xff", b"null", b"3", b"{}", b"[]", b"[" * 100_000):
        with pytest.raises(NotThisProvider):
            cases.adapter.parse(cases.prove(raw), cases.config)
            pytest.fail(f"{raw[:9]!r} was taken")


def both_ways(cases: Cases, raw: bytes) -> tuple[object, object]:
    """What a body means the short way, where there is one and it fits, and the long way."""
    webhook = cases.prove(raw)
    ways: list[object] = []
    for reads in (shape.Shape.read, lambda *_: None):
        with mock.patch.object(shape.Shape, "read", reads):
            try:
                ways.append(cases.adapter.parse(webhook, cases.config))
            except NotThisProvider:
                ways.append(None)
    return ways[0], ways[1]


@each
def test_the_short_way_says_what_the_long_way_says(kind: str) -> None:
    cases = load(kind)
    for body in [*cases.short, *(body for _, body, _ in cases.heard)]:
        short, long = both_ways(cases, dump(body))
        assert short == long, body


@each
def test_a_usual_text_goes_the_short_way_where_there_is_one(kind: str) -> None:
    cases = load(kind)
    read: list[object] = []
    reads = shape.Shape.read

    def noted(self: Any, body: bytes) -> object:
        read.append(reads(self, body))
        return read[-1]

    with mock.patch.object(shape.Shape, "read", noted):
        assert parsed(cases, cases.message(1, "Salam"))
    assert not cases.short or any(values is not None for values in read)


@each
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_also_where_something_is_not_as_usual(kind: str, data: st.DataObject) -> None:
    cases = load(kind)
    body = json.dumps(mutated(data.draw, data.draw(st.sampled_from(cases.short or [cases.message(1, "Salam")]))))
    said = data.draw(st.sampled_from(['"Salam"', '""', '"/start x"', '"\\u0000"', '"@us"', "5"]))
    short, long = both_ways(cases, body.replace('"Salam"', said).encode())
    assert short == long


@each
@pytest.mark.parametrize("odd", [None, True, False, 0, -1, 1.5, 10**30, "", "x", "9" * 30, [], {}, ["x"], {"id": "x"}])
def test_and_with_something_odd_in_each_place(kind: str, odd: object) -> None:
    cases = load(kind)
    for body in cases.short or [cases.message(1, "Salam")]:
        for *inner, last in filter(None, places(body)):
            holder = changed = copy.deepcopy(body)
            for key in inner:
                holder = holder[key]
            holder[last] = odd
            short, long = both_ways(cases, dump(changed))
            assert short == long, f"at {[*inner, last]}"


@each
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_whatever_stands_in_a_body_only_its_refusal_is_raised(kind: str, data: st.DataObject) -> None:
    cases = load(kind)
    body = data.draw(st.sampled_from([row[1] for row in cases.heard]))
    if isinstance(body, bytes) or data.draw(st.booleans()):
        raw = bytearray(dump(body))
        for _ in range(data.draw(st.integers(1, 3)) if raw else 0):
            raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    else:
        raw = bytearray(json.dumps(mutated(data.draw, body)).encode())
    with suppress(NotThisProvider):
        check_storable(cases.adapter.parse(cases.prove(bytes(raw)), cases.config))
