"""Events from outside and our own going out, in real processes: order kept, nothing lost with a killed worker, and a
team that is told by e-mail and in a chat."""

import json
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.real_server import Server, configure, connect, provider, serving
from tests.e2e.town import until
from turnkeeper.rules.signing import is_proven, signature
from turnkeeper.testing.fake_smtp import FakeSmtp

TOKEN, SECRET, CRM = "token-of-the-orders", "secret-of-the-orders", "secret-of-the-crm"
EVENTS = f"""
[event_sources.orders]
token = "{TOKEN}"
secret = "{SECRET}"
[mail]
host = "127.0.0.1"
port = {{mail}}
tls = "off"
sender = "Shop <shop@example.com>"
[subscriptions.crm]
kind = "webhook"
url = "http://127.0.0.1:{{crm}}/told"
secret = "{CRM}"
events = ["*"]
texts = true
[subscriptions.letters]
kind = "email"
to = ["team@example.com"]
events = ["conversation.escalated"]
[subscriptions.chat]
kind = "chat"
channel = "shop"
to = "+15550007777"
events = ["conversation.escalated"]
"""
BOT = """
from turnkeeper import Bot, Event, Turn
bot = Bot("assistant")
@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    if "person" in turn.text:
        await turn.reply("one moment")
        turn.handover("wants a person")
    else:
        await turn.reply("told: " + turn.text)
@bot.on("order.paid")
async def paid(turn: Turn, event: Event) -> None:
    await turn.reply(f"paid: {event.data['total']}")
"""


class Crm:
    """A program that is told: fails with these statuses first, and notes the rest."""

    def __init__(self) -> None:
        self.statuses: deque[int] = deque()
        self.told: list[dict[str, Any]] = []
        self.tries = 0
        crm = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                assert is_proven(self.headers["x-turnkeeper-signature"], CRM, body, time.time())
                crm.tries += 1
                status = crm.statuses.popleft() if crm.statuses else 204
                if status < 300:
                    crm.told.append(json.loads(body))
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    def of(self, conversation: str) -> list[str]:
        return [each["event"] for each in self.told if each["conversation"] == conversation]


class Town:
    """A server, WhatsApp, whoever is told, and the people."""

    def __init__(self, server: Server, graph: Any, crm: Crm, mail: FakeSmtp) -> None:
        self.server, self.graph, self.crm, self.mail = server, graph, crm, mail

    def person(self, phone: str) -> Any:
        return self.graph.call(self.graph.graph.person(phone, name="Ann"))

    def says(self, person: Any, said: str) -> None:
        self.graph.call(person.write(said))

    def tells(self, said: dict[str, Any], *, secret: str = SECRET) -> int:
        body = json.dumps(said).encode()
        headers = {"authorization": f"Bearer {TOKEN}", "x-turnkeeper-signature": signature(secret, body, time.time())}
        return self.server.post("/api/v1/events", body, headers)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    crm = Crm()
    folder: Path = tmp_path_factory.mktemp("events")
    with FakeSmtp("451 later") as mail, provider() as graph:
        configure(folder, graph, bot=BOT)
        with (folder / "turnkeeper.toml").open("a") as file:
            file.write(EVENTS.format(mail=mail.port, crm=crm.port))
        with serving(folder) as server:
            connect(graph, server)
            yield Town(server, graph, crm, mail)
    crm.server.shutdown()
    crm.server.server_close()


def heard(person: Any) -> list[str]:
    return list(person.texts)


def test_an_order_is_told_and_answered_and_the_crm_hears_of_it_in_order(town: Town) -> None:
    ann = town.person("15550008881")
    town.says(ann, "hi")
    until(lambda: "told: hi" in heard(ann), "greeted", town.server.log)
    order = {"id": "o1", "type": "order.paid", "channel": "shop", "to": "+1 555 000 8881", "data": {"total": 3}}
    assert [town.tells(order), town.tells(order), town.tells(order | {"id": "o2"}, secret=CRM)] == [202, 202, 401]
    until(lambda: "paid: 3" in heard(ann), "told of the order", town.server.log)
    until(
        lambda: sum(each["event"] == "message.answered" for each in town.crm.told) == 2,
        "told to the CRM",
        lambda: town.crm.told,
    )
    (conversation,) = {each["conversation"] for each in town.crm.told}
    assert town.crm.of(conversation) == ["message.received", "message.answered", "message.answered"]
    assert heard(ann).count("paid: 3") == 1
    assert town.crm.told[0]["data"]["text"] == "hi"


def test_a_person_is_wanted_and_the_team_is_told_by_letter_and_chat(town: Town) -> None:
    bob, team = town.person("15550002222"), town.person("15550007777")
    town.says(team, "we are here")
    until(lambda: "told: we are here" in heard(team), "greeted the team", town.server.log)
    town.says(bob, "a person, please")
    until(
        lambda: any("A person is wanted: +15550002222 on shop" in each for each in heard(team)),
        "told to the team",
        town.server.log,
    )
    until(lambda: bool(town.mail.messages), "mailed", town.server.log)  # after a try that the server refused for now
    assert town.mail.messages[0]["Subject"] == "A person is wanted: +15550002222 on shop"
    assert "wants a person" in town.mail.messages[0].get_content()
    assert len(town.mail.messages) == 1


def test_a_killed_worker_loses_nothing_and_a_failing_crm_gets_all_of_it_in_order(town: Town) -> None:
    cem = town.person("15550003333")
    town.crm.statuses.extend([500])
    before = town.crm.tries
    town.says(cem, "one")
    until(lambda: town.crm.tries > before, "tried", town.server.log)
    worker = town.server.child("worker-1")
    os.kill(worker, signal.SIGKILL)
    town.server.child("worker-1", other_than=worker)
    town.says(cem, "two")
    until(
        lambda: any("two" in each for each in heard(cem)), "answered", town.server.log
    )  # perhaps in one answer with "one"
    texts = lambda: [each["data"]["text"] for each in town.crm.told if each["data"].get("text") in ("one", "two")]  # noqa: E731
    # What the worker had taken when it died is told once its lease is over.
    until(lambda: texts()[-1:] == ["two"], "told in order", lambda: (texts(), town.server.log()), within=50.0)
    assert list(dict.fromkeys(texts())) == ["one", "two"]
    assert town.server.get("/metrics")[1].count(b"turnkeeper_escalations") > 1
