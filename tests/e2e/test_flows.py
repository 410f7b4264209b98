"""Flows over the API in real processes: published, edited while people are inside, counted; workers killed between."""

import json
import os
import signal
import urllib.error
import urllib.request
from typing import Any

from tests.e2e.real_server import Server, configure, connect, serving, turnkeeper
from tests.e2e.scenarios import Stage, scenario

TOKEN = "token-of-the-editor"
API = f'\n[api_tokens.editor]\ntoken = "{TOKEN}"\nscopes = ["flows"]\n'
START = {"id": "start", "type": "start", "data": {"triggers": [{"kind": "first_message"}]}}


def drawn(ask: str, says: str) -> dict[str, Any]:
    nodes = [
        START,
        {"id": ask, "type": "ask", "data": {"label": "Name", "text": f"What is your name? ({says})", "save": "name"}},
        {"id": "bye", "type": "message", "data": {"text": f"Hello {{{{name}}}}! ({says})"}},
        {"id": "end", "type": "end", "data": {}},
    ]
    ways = [("start", ask), (ask, "bye"), ("bye", "end")]
    return {"name": "welcome", "nodes": nodes, "edges": [{"source": a, "target": b} for a, b in ways]}


def ask(server: Server, method: str, path: str = "", said: object = None, match: str = "*") -> Any:
    headers = {"authorization": f"Bearer {TOKEN}", "if-match": match}
    body = None if said is None else json.dumps(said).encode()
    request = urllib.request.Request(f"{server.url}/api/v1/flows{path}", body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            raise AssertionError(error.read()) from None


def published(server: Server, document: dict[str, Any], mapping: object = None) -> int:
    """Publish a drawing, and kill the worker, so that the next one has it from its start; the version."""
    if ask(server, "GET")["flows"]:
        ask(server, "PUT", "/welcome", document)
    else:
        ask(server, "POST", "", {"document": document})
    version: int = ask(server, "POST", "/welcome/publish", {"mapping": mapping or {}})["version"]
    worker = server.child("worker-1")
    os.kill(worker, signal.SIGKILL)
    server.child("worker-1", other_than=worker)
    return version


@scenario
def test_edited_while_people_are_inside(stage: Stage) -> None:
    town, folder = stage.town, stage.folder
    configure(folder, town.running)
    config = folder / "turnkeeper.toml"
    text = config.read_text("utf-8").replace('kind = "python"\nentry = "the_bot:bot"', 'kind = "flow"') + API
    config.write_text(text, "utf-8")

    def answered(who: str, *expected: str) -> None:
        town.wait(lambda: len(town.person(who).texts) >= len(expected))
        assert town.person(who).texts == list(expected)

    with serving(folder) as server:
        connect(town.running, server)
        assert published(server, drawn("ask", "one")) == 1
        for who in ("ada", "ben"):
            town.write(who, "hi")
            answered(who, "What is your name? (one)")
        assert published(server, drawn("who", "two")) == 2
        town.write("ada", "Ada")
        answered("ada", "What is your name? (one)", "Hello Ada! (one)")
        town.write("cleo", "hi")
        answered("cleo", "What is your name? (two)")
        assert published(server, drawn("name", "three"), {"1": {"ask": "name"}}) == 3
        town.write("ben", "Ben")
        answered("ben", "What is your name? (one)", "Hello Ben! (three)")
        server.settled()
        found = {(each["version"], each["node"]): each for each in ask(server, "GET", "/welcome/numbers")["nodes"]}
        told = turnkeeper("flow", "numbers", "assistant", "welcome", "--json", "-c", str(config))
    asked = {key: (each["entered"], each["left"], each["waiting"]) for key, each in found.items()}
    assert asked[1, "ask"] == (2, {"next": 1, "moved": 1}, 0)
    assert asked[2, "who"] == (1, {}, 1)
    assert asked[3, "name"] == (1, {"next": 1}, 0)
    assert asked[1, "bye"] == asked[3, "bye"] == (1, {"next": 1}, 0)
    assert [each["title"] for each in json.loads(told.stdout) if each["node"] == "ask"] == ["Name"]
    assert server.log().count("\n") == 3, server.log()  # of the supervisor, for each worker that was killed
