"""What a backend is told, and what is read out of its answers."""

from typing import Any

import pytest

from turnkeeper.bots.remote.asking import read_time
from turnkeeper.bots.remote.backend import Backend, at, endpoint, filled, in_path
from turnkeeper.bots.remote.reading import Read, read

VALUES = {"text": 'say {user} "hi"', "user": "49 30/1?x", "history": [{"role": "user", "content": "a"}], "n": 3}

FILLED: list[tuple[str, object, object]] = [
    ("a text", "to {user}: {text}", 'to 49 30/1?x: say {user} "hi"'),
    ("what is filled in is no template", "{text}", 'say {user} "hi"'),
    ("a list stays one", {"messages": "{history}"}, {"messages": [{"role": "user", "content": "a"}]}),
    ("a list within words is JSON", "said: {history}", 'said: [{"role":"user","content":"a"}]'),
    ("deep down", {"a": [{"b": "{user}"}], "c": True, "d": None}, {"a": [{"b": "49 30/1?x"}], "c": True, "d": None}),
    ("nobody knows it", "{name}", ""),
    ("no placeholder", "{ text } {}", "{ text } {}"),
]


@pytest.mark.parametrize("label, template, expected", FILLED, ids=[row[0] for row in FILLED])
def test_a_body_is_filled_in(label: str, template: object, expected: object) -> None:
    assert filled(template, VALUES) == expected


def test_what_is_filled_into_a_path_stays_one_part_of_it() -> None:
    assert in_path("/users/{user}?q={text}", VALUES) == "/users/49%2030%2F1%3Fx?q=say%20%7Buser%7D%20%22hi%22"


ENDPOINTS = [
    ("no method", "/threads", None),
    ("a method that is none of ours", "DELETE /threads", None),
    ("a whole address", "POST http://elsewhere.test/", None),
    ("two paths", "POST /a /b", None),
    ("a line break", "POST /a\nx", None),
    ("an unknown placeholder", "POST /{thread}", None),
    ("an unknown placeholder in the body", "POST /a", {"a": ["{phone_number}"]}),
    ("a GET with a body", "GET /a", {"a": 1}),
]


@pytest.mark.parametrize("label, written, body", ENDPOINTS, ids=[row[0] for row in ENDPOINTS])
def test_an_endpoint_that_cannot_be_called_is_refused(label: str, written: str, body: object) -> None:
    with pytest.raises(ValueError, match=r"is not|is nothing|no body"):
        endpoint(written, body)


FOUND: list[tuple[str, object, str, object]] = [
    ("a field", {"a": 1}, "a", 1),
    ("deep down", {"a": [{"b": "x"}]}, "a.0.b", "x"),
    ("beyond the end", {"a": []}, "a.0", None),
    ("through a text", {"a": "x"}, "a.b", None),
    ("the value itself", "x", "", "x"),
    ("no number", [1], "first", None),
]


@pytest.mark.parametrize("label, value, path, expected", FOUND, ids=[row[0] for row in FOUND])
def test_a_dotted_path_leads_to_a_value(label: str, value: object, path: str, expected: object) -> None:
    assert at(value, path) == expected


JSON, EVENTS, TEXT = "application/json", "text/event-stream; charset=utf-8", "text/plain"
PIECES = (
    b'data: {"d":{"t":"Hel"}}\n\ndata: {"d":{}}\r\n\r\n: a comment\n'
    b'data: {"d":{"t":"lo"}}\n\ndata: [DONE]\n\ndata: no\n\n'
)
FAILED = b'data: {"d":{"t":"a"}}\n\nevent: error\ndata: {"x":1}\n\n'
ANSWERS: list[tuple[str, bytes, str, Read]] = [
    ("text", "  Grüße\n".encode(), TEXT, Read("Grüße")),
    ("no type", b"words", "", Read("words")),
    ("bytes that are no text", b"a\xff\x00b", TEXT, Read("a\ufffdb")),
    ("nothing", b" \n", TEXT, Read(unread="empty")),
    ("a page", b"<p>busy</p>", "text/html; charset=utf-8", Read(unread="a web page")),
    ("a page that says it is text", b"\n<!DOCTYPE HTML><html>", TEXT, Read(unread="a web page")),
    ("a page that says it is JSON", b"<html>", JSON, Read(unread="a web page")),
    ("JSON", b'{"a":{"text":" x "}}', JSON, Read("x")),
    ("JSON of another type", b'{"a":{"text":"x"}}', "application/problem+json", Read("x")),
    ("JSON without it", b'{"a":{}}', JSON, Read(unread="nothing at its place")),
    ("a number at its place", b'{"a":{"text":7}}', JSON, Read(unread="nothing at its place")),
    ("half of JSON", b'{"a":', JSON, Read(unread="not JSON")),
    ("JSON without end", b"[" * 100_000, JSON, Read(unread="not JSON")),
    ("events", PIECES, EVENTS, Read("Hello")),
    ("an event without an end", b'data: {"d":{"t":"all"}}', EVENTS, Read("all")),
    ("events of something else", b"data: hello\n\n", EVENTS, Read(unread="not JSON")),
    ("an error among events", FAILED, EVENTS, Read(unread="an error")),
    ("an error as data", b'data: {"error":{"message":"busy"}}\n\n', EVENTS, Read(unread="an error")),
]  # fmt: skip


@pytest.mark.parametrize("label, body, kind, expected", ANSWERS, ids=[row[0] for row in ANSWERS])
def test_an_answer_is_read_as_what_it_is(label: str, body: bytes, kind: str, expected: Read) -> None:
    backend = Backend("http://x.test", "completion", {}, {"answer": "a.text", "piece": "d.t"})
    assert read(body, {"content-type": kind} if kind else {}, backend) == expected


def test_events_of_plain_words_keep_their_lines() -> None:
    backend = Backend("http://x.test", "completion", {}, {}, form="events")
    assert read(b"data: one\ndata: two\n\ndata: three\n\n", {}, backend) == Read("one\ntwothree")


def test_the_key_stands_in_its_header_and_in_no_repr() -> None:
    calls = {"message": endpoint("POST /say", {"m": "{text}"})}
    bearer = Backend("http://x.test/", "completion", calls, {}, "sesame")
    own = Backend("http://x.test", "completion", calls, {}, "sesame", "X-Key")
    assert bearer.call("message", VALUES).headers == {"Authorization": "Bearer sesame"}
    assert own.call("message", VALUES, "k1").headers == {"X-Key": "sesame", "Idempotency-Key": "k1"}
    assert bearer.call("message", VALUES).url == "http://x.test/say"
    assert "sesame" not in f"{bearer!r}{bearer.call('message', VALUES)!r}"


TIMES: list[tuple[Any, float | None]] = [
    ("2026-11-20T10:00:00", 1_795_168_800.0),
    ("2026-11-20T10:00:00Z", 1_795_168_800.0),
    ("2026-11-20T12:00:00+02:00", 1_795_168_800.0),
    (1_795_168_800, 1_795_168_800.0),
    ("yesterday", None),
    (None, None),
    (True, None),
]


@pytest.mark.parametrize("written, expected", TIMES, ids=[str(row[0]) for row in TIMES])
def test_times_are_read(written: object, expected: float | None) -> None:
    assert read_time(written) == expected
