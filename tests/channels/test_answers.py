"""What is alike for every provider: what silence means, what the operator reads of it, and what nobody may read."""

import pytest

from turnkeeper.channels.answers import askable, hidden, trouble, unanswered, unreachable
from turnkeeper.channels.base import Finding, HttpReply
from turnkeeper.model.outbound import Accepted, NotSent, Outcome, Rejected, Unknown

NOT_CONNECTED = HttpReply(failure="not_connected")
NO_ANSWER = HttpReply(failure="no_answer")
A_PAGE = HttpReply(502, b"<html>")


@pytest.mark.parametrize(
    "label, reply, words, told, outcome",
    [
        (
            "it never left",
            NOT_CONNECTED,
            "no connection",
            "Ada cannot be reached: no connection",
            NotSent("could not connect to Ada", code="not_connected"),
        ),
        (
            "it may have arrived",
            NO_ANSWER,
            "it does not answer",
            "Ada cannot be reached: it does not answer",
            Unknown("Ada did not answer in time"),
        ),
        ("a page", A_PAGE, "HTTP 502", "Ada cannot be reached: HTTP 502 with a body that is not JSON", None),
    ],
)
def test_silence(label: str, reply: HttpReply, words: str, told: str, outcome: NotSent | Unknown | None) -> None:
    assert trouble(reply) == words
    assert unreachable(reply, "Ada", "Look.") == Finding("api", False, told, "Look.")
    assert unanswered(reply, "Ada") == outcome


@pytest.mark.parametrize(
    "label, given, expected",
    [
        ("told not to", Rejected("404", "no such file"), Rejected("404", "no such file")),
        ("later", NotSent("busy", retry_after=3.0), NotSent("busy", retry_after=3.0)),
        ("unknown", Unknown("a fault"), NotSent("a fault", limit=4)),
        ("yes, without what was asked for", Accepted("1"), NotSent("no file named", limit=4)),
    ],
)
def test_where_nothing_reaches_a_person_what_is_unknown_is_asked_again(
    label: str, given: Outcome, expected: NotSent | Rejected
) -> None:
    assert askable(given, "no file named") == expected


def test_others_words_are_short_and_without_our_secrets() -> None:
    assert hidden("the token abc is not abc/def", "abc", "", "def") == "the token (secret) is not (secret)/(secret)"
    assert len(hidden("x" * 1_000)) == 300
