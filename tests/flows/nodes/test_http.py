"""The table of `http`."""

from typing import Any

from tests.support.flow_cases import HOSTILE, Case, Wrong, table_of
from turnkeeper.flows.effects import CallHttp
from turnkeeper.flows.nodes.base import Leave, Stay
from turnkeeper.flows.signals import CallAnswered, Failed, ModelAnswered, Replied

URL = "https://a.example/v1"


def calls(url: str = URL, **more: Any) -> dict[str, Any]:
    return {"url": url, **more}


def called(url: str, method: Any = "GET", headers: Any = None, body: Any = None, timeout: float = 15.0) -> Stay:
    why = f"{method} {url.partition('?')[0]}"[:200]
    return Stay(("call",), (CallHttp(7, method, url, headers or {}, body, timeout),), asked=True, why=why)


ELSEWHERE = Leave("failed", why="a value would lead the address elsewhere")
KEPT = calls(save="all", keep={"sum": "cart.sum", "one": "items.0", "none": "a.b"})
CASES = [
    Case("calls", calls(), called(URL)),
    Case(
        "in the address",
        calls(URL + "/{{x}}?q={{y}}"),
        called(URL + "/a%2Fb%3F?q=c%26d"),
        variables={"x": "a/b?", "y": "c&d"},
    ),
    Case("a value for nothing", calls(URL + "/{{x|a b}}"), called(URL + "/a%20b")),
    Case("a number", calls(URL + "/{{x}}"), called(URL + "/3"), variables={"x": 3.0}),
    Case("dots", calls(URL + "/{{x}}/y"), ELSEWHERE, variables={"x": ".."}),
    Case("one dot", calls(URL + "/{{x}}/y"), ELSEWHERE, variables={"x": "."}),
    Case("dots in parts", calls(URL + "/.{{x}}/y"), ELSEWHERE, variables={"x": "."}),
    Case("dots of the author", calls(URL + "/../{{x}}"), called(URL + "/../a.b"), variables={"x": "a.b"}),
    Case("dots in a query", calls(URL + "?a={{x}}"), called(URL + "?a=.."), variables={"x": ".."}),
    Case(
        "a hostile header",
        calls(headers={"X-Name": "{{x}}"}),
        called(URL, headers={"X-Name": "a Bcc: b c"}),
        variables={"x": "a\r\nBcc: b\x00c\n"},
    ),
    Case(
        "a body",
        calls(method="POST", body={"n": "{{n}}", "to": ["{{contact.name}}!", 1], "x": "{{x}}"}, timeout=3),
        called(URL, "POST", body={"n": 3, "to": ["Ana!", 1], "x": HOSTILE}, timeout=3),
        variables={"n": 3, "x": HOSTILE},
    ),
    Case("no address", calls("http://["), called("http://[")),
    Case(
        "keeps",
        KEPT,
        Leave(
            sets={"sum": 3, "one": "a", "none": None, "all": {"cart": {"sum": 3}, "items": ["a"]}}, why="answered 200"
        ),
        CallAnswered(6, {"cart": {"sum": 3}, "items": ["a"]}, 200),
    ),
    Case(
        "keeps of a list",
        calls(keep={"x": "1"}),
        Leave(sets={"x": "b"}, why="answered 201"),
        CallAnswered(6, ["a", "b"], 201),
    ),
    Case(
        "keeps of a text",
        calls(keep={"x": "1"}),
        Leave(sets={"x": None}, why="answered 200"),
        CallAnswered(6, "ab", 200),
    ),
    Case("nothing kept", calls(), Leave(why="answered 204"), CallAnswered(6, None, 204)),
    Case("refused", KEPT, Leave("failed", why="answered 404"), CallAnswered(6, {"cart": {}}, 404)),
    Case("failed", calls(), Leave("failed", why="failed: no connection"), Failed(6, "no connection")),
    Case("words", calls(), None, Replied("hi")),
    Case("a model", calls(), None, ModelAnswered(6)),
]
NO_ADDRESS = "is not an http or https address"
NO_HOST = ["the address's host cannot be a variable"]
WRONG: list[Wrong] = [
    ("right", calls(headers={"X-A": "b"}, keep={"a": "b.0.c"}, save="x"), []),
    ("a port and a query", calls("http://a.example:8080?x={{y}}"), []),
    ("an address in brackets", calls("http://[::1]:80/{{x}}"), []),
    ("no scheme", calls("a.example/x"), [f"'a.example/x' {NO_ADDRESS}"]),
    ("a file", calls("file:///etc/passwd"), [f"'file:///etc/passwd' {NO_ADDRESS}"]),
    ("no host", calls("https:///x"), [f"'https:///x' {NO_ADDRESS}"]),
    ("half a host", calls("http://["), [f"'http://[' {NO_ADDRESS}"]),
    ("a backslash", calls("https://a.example\\{{x}}"), [f"'https://a.example\\\\{{{{x}}}}' {NO_ADDRESS}"]),
    ("a mark alone", calls("{{x}}"), [f"'{{{{x}}}}' {NO_ADDRESS}"]),
    ("the host", calls("https://{{x}}/a"), NO_HOST),
    ("part of the host", calls("https://a.example{{x}}"), NO_HOST),
    ("before the host", calls("https://{{x|a/b}}.example/"), NO_HOST),
    ("the port", calls("https://a.example:{{x}}/"), NO_HOST),
    ("a password", calls("https://u:{{x}}@a.example/"), NO_HOST),
    ("no header", calls(headers={"X A": "b"}), ["'X A' is not the name of a header"]),
    ("no name", calls(save="a b"), ["'a b' is not a variable's name"]),
    ("no path", calls(keep={"a": ""}), ["'' is no path to what 'a' keeps: write it like cart.items.0"]),
    ("a broken path", calls(keep={"a": "b..c"}), ["'b..c' is no path to what 'a' keeps: write it like cart.items.0"]),
    ("no time", calls(timeout=0), ["the call takes more than 0 and at most 60 seconds"]),
    ("too long", calls(timeout=61), ["the call takes more than 0 and at most 60 seconds"]),
]

test_moves, test_problems = table_of("http", CASES, WRONG)
