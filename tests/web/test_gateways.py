"""Webhooks of providers that sign nothing: the address ends in a secret, and nothing is ever said in an answer."""

import json

import pytest

from tests.channels.cases import wablas, whacenter
from tests.channels.table import Cases, dump
from tests.web.provider import Site
from turnkeeper.channels.keys import ChannelKeys
from turnkeeper.channels.registry import find
from turnkeeper.config.reading import adapter_config
from turnkeeper.engine.sorting import NOT_OURS
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.ids import BotId, ChannelId, WorkspaceId
from turnkeeper.model.policy import Channel
from turnkeeper.web.bodies import LARGEST_BODY
from turnkeeper.web.webhooks import Endpoint, Holder, Webhooks

GATEWAYS = [wablas.CASES, whacenter.CASES]
each = pytest.mark.parametrize("cases", GATEWAYS, ids=[cases.kind for cases in GATEWAYS])


def keys_of(cases: Cases, **changed: str) -> ChannelKeys:
    return find(cases.kind).keys.model_validate({"kind": cases.kind, "bot": "b", **cases.keys, **changed})


def site_of(cases: Cases, **changed: str) -> Site:
    """A server with one channel, /webhooks/shop/SECRET."""
    keys = keys_of(cases, **changed)
    channel = Channel(WorkspaceId("default"), ChannelId("shop"), cases.kind, BotId("b"), config=adapter_config(keys))
    holder = Holder(channel.config, dict.fromkeys(keys.account_ids, channel), channel)
    site = Site()
    endpoint = Endpoint(cases.adapter, [holder], ends_in_secret=bool(keys.path_secret))
    site.app = Webhooks({"/webhooks/shop": endpoint}, site.store, site.wakeups, lambda: 1000.0, site.counters)
    return site


def address(cases: Cases) -> str:
    return f"/webhooks/shop/{keys_of(cases).path_secret}"


@each
async def test_what_comes_to_the_secret_address_is_taken_and_answered_with_nothing(cases: Cases) -> None:
    site = site_of(cases)
    status, said, headers = await site.ask("POST", address(cases), dump(cases.message(1, "Salam")))
    assert (status, said, headers[b"content-length"]) == (200, b"", b"0")
    assert site.store.texts == ["Salam"]


@each
async def test_also_a_refusal_says_nothing(cases: Cases) -> None:
    body = dump(cases.message(1, "Salam"))
    for status, path, given in (
        (401, address(cases) + "x", body),
        (401, "/webhooks/shop/", body),
        (401, "/webhooks/shop", body),
        (400, address(cases), b"{}"),
        (413, address(cases), b" " * (LARGEST_BODY + 1)),
    ):
        site = site_of(cases)
        got, said, headers = await site.ask("POST", path, given)
        assert (got, said, headers[b"content-length"]) == (status, b"", b"0"), path
        assert site.store.intakes == []
    site = site_of(cases)
    site.store.raises = StoreUnavailable("away")
    got, said, headers = await site.ask("POST", address(cases), body)
    assert (got, said, headers[b"retry-after"]) == (503, b"", b"5")


@each
async def test_whose_account_it_is_counts_where_the_settings_say_it(cases: Cases) -> None:
    name, other = {"wablas": ("device", "OTHER"), "whacenter": ("number", "6280000000")}[cases.kind]
    body = dump(cases.message(1, "Salam"))
    site = site_of(cases, **{name: other})
    assert (await site.ask("POST", address(cases), body))[0] == 200
    assert [stray.reason for stray in site.store.intakes[0].strays] == [NOT_OURS]
    site = site_of(cases, **{name: ""})
    assert (await site.ask("POST", address(cases), body))[0] == 200
    assert site.store.texts == ["Salam"]


async def test_the_state_of_a_device_reaches_its_channel() -> None:
    for device in ("", wablas.DEVICE):
        site = site_of(wablas.CASES, device=device)
        body = json.dumps(wablas.device("disconnected")).encode()
        assert (await site.ask("POST", address(wablas.CASES), body))[0] == 200
        (report,) = site.store.intakes[0].sessions
        assert (report.channel.id, report.status.works) == ("shop", False)
