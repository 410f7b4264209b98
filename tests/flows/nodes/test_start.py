"""The table of `start`."""

from tests.support.flow_cases import Case, Wrong, table_of
from turnkeeper.flows.nodes.base import Leave
from turnkeeper.flows.signals import Replied, TimedOut


def by(**trigger: object) -> dict[str, object]:
    return {"triggers": [trigger]}


CASES = [
    Case("on at once", {}, Leave()),
    Case("whatever begins it", by(kind="keyword", words=["hi"]), Leave(), reply=Replied("hi")),
    Case("hears nothing", {}, None, Replied("hi")),
    Case("no timer", {}, None, TimedOut(6)),
]
WRONG: list[Wrong] = [
    ("without triggers", {}, []),
    ("a keyword", by(kind="keyword", words=["hi"], anywhere=True, interrupts=True), []),
    ("first messages", by(kind="first_message", ever=True), []),
    ("a referral", by(kind="referral", source="ad 1"), []),
    ("an event", by(kind="event", event="order.paid", interrupts=True), []),
    ("a schedule", by(kind="schedule", cron="0 9 * * *", tag="vip"), []),
    ("no words", by(kind="keyword", words=[" "]), ["a keyword trigger needs words"]),
    ("no type", by(kind="event"), ["an event trigger needs the type of the event"]),
    ("a schedule that interrupts", by(kind="schedule", cron="0 9 * * *", tag="vip", local=True, interrupts=True), []),
    (
        "no times, for nobody",
        by(kind="schedule"),
        [
            'a schedule needs its times: write "cron": "0 9 * * 1-5"',
            "a schedule needs the tag of the contacts that it is for",
        ],
    ),
    (
        "times that never come",
        by(kind="schedule", cron="0 9 31 2 *", tag="vip"),
        [
            (
                "'0 9 31 2 *' has a day of the month that is none, or never comes: "
                "write minute, hour, day of the month, month, day of the week, such as 0 9 * * 1-5"
            )
        ],
    ),
    ("no tag", by(kind="schedule", cron="0 9 * * *", tag=" vip"), ["' vip' is no tag"]),
    ("a hostile tag", by(kind="schedule", cron="0 9 * * *", tag="a\0b"), ["'a\\x00b' is no tag"]),
    (
        "would break in at every message",
        by(kind="first_message", interrupts=True),
        ["only keywords, events and schedules interrupt a flow, not first_message"],
    ),
]

test_moves, test_problems = table_of("start", CASES, WRONG)
