"""What is told of accounts goes to their channels, and is counted; whose it is not, it is only counted."""

from dataclasses import replace

from turnkeeper.engine.sorting import NOT_OURS, sorted_out
from turnkeeper.model.events import SessionStatus
from turnkeeper.testing.events import channel

SHOP = channel("shop")
LOST = SessionStatus(status="FAILED", works=False, account_id="default", timestamp=7, mend="Restart it.")


def test_a_session_is_told_to_its_channel_and_counted() -> None:
    intake = sorted_out([LOST], {"default": SHOP}, SHOP, 9.0)
    assert intake.sessions == [(SHOP, LOST, 9.0)]
    assert [(each.channel_id, each.state, each.reason) for each in intake.strays] == [
        ("shop", "ignored", "session FAILED")
    ]
    assert (intake.arrivals, intake.reports) == ([], [])


def test_one_that_is_not_ours_or_for_another_environment_stops_nothing() -> None:
    elsewhere = replace(SHOP, elsewhere="production")
    for own, reason in (({}, f"{NOT_OURS}: session FAILED"), ({"default": elsewhere}, "for environment production")):
        intake = sorted_out([LOST], own, SHOP, 9.0)
        assert intake.sessions == []
        assert [each.reason for each in intake.strays] == [reason]


def test_the_same_news_have_one_key_and_later_ones_another() -> None:
    keys = [
        sorted_out([news], {"default": SHOP}, SHOP, at).strays[0].dedup_key
        for news, at in ((LOST, 9.0), (LOST, 10.0), (SessionStatus(status="FAILED", works=False, timestamp=8), 9.0))
    ]
    assert keys[0] == keys[1] != keys[2]
