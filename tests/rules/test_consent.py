"""What a withdrawal forbids."""

import pytest

from turnkeeper.model.consent import EVERYTHING, Consent
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import ContactId, ConversationId, WorkspaceId
from turnkeeper.rules.consent import (
    Wish,
    in_words,
    is_given,
    is_purpose,
    is_refused,
    objection,
    purpose_of,
    told,
)

NO_ADS, NOTHING = {"marketing": False}, {EVERYTHING: False}
BACK = {EVERYTHING: True, "marketing": False}


def records(known: dict[str, bool]) -> list[Consent]:
    who = (WorkspaceId("w"), ContactId("p"))
    return [Consent(*who, each, granted, "stop", 0.0, ConversationId("c")) for each, granted in known.items()]


OBJECTIONS = [
    ("nobody said anything", {}, "marketing", False, None),
    ("a yes forbids nothing", {"marketing": True}, "marketing", False, None),
    ("its purpose was withdrawn", NO_ADS, "marketing", False, "marketing"),
    ("even as an answer", NO_ADS, "marketing", True, "marketing"),
    ("another purpose was", {"surveys": False}, "marketing", False, None),
    ("it has no purpose of its own", NO_ADS, None, False, None),
    ("everything was withdrawn", NOTHING, None, False, EVERYTHING),
    ("whatever it is for", NOTHING | {"marketing": True}, "marketing", False, EVERYTHING),
    ("but answers", NOTHING, None, True, None),
    ("and answers that are for something", NOTHING, "marketing", True, None),
    ("everything was given back", BACK, None, False, None),
    ("not what was withdrawn by itself", BACK, "marketing", False, "marketing"),
]


@pytest.mark.parametrize(
    ("label", "known", "purpose", "answers", "expected"), OBJECTIONS, ids=[row[0] for row in OBJECTIONS]
)
def test_objection(
    label: str, known: dict[str, bool], purpose: str | None, answers: bool, expected: str | None
) -> None:
    found = objection(records(known), purpose, answers=answers)
    assert (found and found.purpose) == expected


WISHES = [
    ("nobody said anything", {}, False, False),
    ("they said yes", {"marketing": True}, True, False),
    ("they said no", NO_ADS, False, True),
    ("they said yes, then STOP", NOTHING | {"marketing": True}, False, True),
    ("and START again", {EVERYTHING: True, "marketing": True}, True, False),
    ("START is no yes", {EVERYTHING: True}, False, False),
]


@pytest.mark.parametrize(("label", "known", "given", "refused"), WISHES, ids=[row[0] for row in WISHES])
def test_given_and_refused(label: str, known: dict[str, bool], given: bool, refused: bool) -> None:
    assert is_given(known, "marketing") is given
    assert is_refused(known, "marketing") is refused


def test_words() -> None:
    assert in_words(records(NOTHING)[0]).startswith("the contact has opted out (they wrote STOP, 1970-01-01 00:00 UTC)")
    assert in_words(records(NO_ADS)[0]).startswith("the contact wants no marketing")
    assert [purpose_of(each) for each in ("MARKETING", "utility", "", None)] == ["marketing", None, None, None]
    purposes = ["marketing", "*", "a_1", "", "Ads", "1a", "a b"]
    assert [is_purpose(each) for each in purposes] == [True, True, True, False, False, False, False]


PREFERENCES = [
    ("withdrawn", {"type": "user_preferences", "purpose": "marketing", "granted": False}, False),
    ("given back", {"type": "user_preferences", "purpose": "marketing", "granted": True}, True),
    ("of another kind", {"type": "user_changed_number"}, None),
    ("without a word", {"type": "user_preferences", "purpose": "marketing"}, None),
    ("of no purpose", {"type": "user_preferences", "purpose": 1, "granted": False}, None),
    ("nothing told", None, None),
]


@pytest.mark.parametrize(("label", "details", "granted"), PREFERENCES, ids=[row[0] for row in PREFERENCES])
def test_what_a_provider_tells(label: str, details: dict[str, object] | None, granted: bool | None) -> None:
    expected = None if granted is None else Wish("marketing", granted, "provider", 5.0)
    assert told(Inbound(kind="system", details=details, timestamp=5)) == expected
