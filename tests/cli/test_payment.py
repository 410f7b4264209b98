"""`turnkeeper payment`: what was asked for, whole or in a line, and what to do where it is not there."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.cli.agents import configured, run
from tests.contracts.test_payments import found, row_of
from tests.contracts.world import World
from turnkeeper.app.database import existing, migrate_store
from turnkeeper.config import Settings
from turnkeeper.testing.events import Channels, channel


async def sold(settings: Settings) -> str:
    """A paid seat and an open tip; the conversation's id."""
    async with existing(settings) as store:
        w = World(store, Channels(channel()), channel())
        await w.start()
        await w.hear("a seat please")
        turn = await w.turn()
        await store.open_payment(turn.run, row_of(w, turn))
        await store.payment_found("razorpay", found("paid", charge_id="pay_1"), w.now)
        w.now += 1
        await store.open_payment(turn.run, row_of(w, turn, "tk-2", "tip"))
        return turn.run.key.id


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = configured(tmp_path)
    asyncio.run(migrate_store(found))
    return found


def test_they_are_listed_by_state_and_conversation(settings: Settings) -> None:
    assert run(settings, "payment", "list").stdout == "nobody was asked for money\n"
    conversation = asyncio.run(sold(settings))
    listed = json.loads(run(settings, "payment", "list", "--json").stdout)
    assert [(each["name"], each["state"], each["shown"], each["mode"]) for each in listed] == [
        ("tip", "opening", "₹1,500.00", "test"),
        ("seat", "paid", "₹1,500.00", "test"),
    ]
    paid = json.loads(run(settings, "payment", "list", conversation, "--state", "paid", "--json").stdout)
    assert [each["charge"] for each in paid] == ["pay_1"]
    lines = run(settings, "payment", "list").stdout.splitlines()
    told = [
        f"  tk-2  tip  ₹1,500.00  opening  test  (shop, conversation {conversation})",
        f"  tk-1  seat  ₹1,500.00  paid  test  (shop, conversation {conversation})",
    ]
    assert [line.partition("UTC")[2] for line in lines] == told
    assert run(settings, "payment", "list", "--state", "expired").stdout == "no payment is expired\n"


def test_a_state_that_is_none_is_refused_with_those_that_there_are(settings: Settings) -> None:
    refused = run(settings, "payment", "list", "--state", "payed")
    assert refused.exit_code == 2
    assert "payed is none of opening, open, failed, expired, cancelled, paid" in " ".join(refused.stderr.split())


def test_one_is_shown_by_any_of_its_ids(settings: Settings) -> None:
    asyncio.run(sold(settings))
    whole = json.loads(run(settings, "payment", "show", "pay_1", "--json").stdout)
    assert (whole["payment"], whole["state"], whole["asked_next_at"]) == ("tk-1", "paid", None)
    assert "state: paid\n" in run(settings, "payment", "show", "tk-1").stdout


def test_what_is_not_there_is_told_in_a_line(settings: Settings) -> None:
    asyncio.run(sold(settings))
    missing = run(settings, "payment", "show", "tk-9")
    assert (missing.exit_code, missing.stderr.splitlines()) == (
        1,
        ["turnkeeper: there is no payment 'tk-9': `turnkeeper payment list` shows them."],
    )
    assert "no [payments.razorpay]" in run(settings, "payment", "check", "tk-2").stderr
