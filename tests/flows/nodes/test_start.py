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
    ("no times", by(kind="schedule"), ["a schedule needs its times (cron)"]),
    ("times that never come", by(kind="schedule", cron="0 9 31 2 *"), ["'0 9 31 2 *' never comes"]),
    (
        "would break in at every message",
        by(kind="first_message", interrupts=True),
        ["only keywords and events interrupt a flow, not first_message"],
    ),
]

test_moves, test_problems = table_of("start", CASES, WRONG)
