"""Machines on one PostgreSQL database: sequences, what is undone, escalations and flows, each said, told or done once,
though the workers die in the middle."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.real_server import PATIENCE, Server, configure, connect, serving
from tests.e2e.scenarios import Stage, scenario
from tests.e2e.test_events import CRM, Crm
from tests.e2e.test_flows import API, ask, drawn
from tests.e2e.town import Town, done, until
from turnkeeper.engine.announcing import LEASE
from turnkeeper.testing.fake_graph import FakeGraph, FakeNumber, serve_in_thread

NUMBERS = [FakeNumber("1000000001"), FakeNumber("1000000002", "15550001112")]
BOT = """
import asyncio
from pathlib import Path
from turnkeeper import Bot, Turn
bot = Bot("assistant")
HERE = Path(__file__).parent

def note(what: str) -> None:
    with (HERE / "done").open("a") as file:
        file.write(what + "\\n")

async def book(key: str) -> str:
    note("booked")
    return "table 4"

async def cancel() -> None:
    note("undoing")
    while not (HERE / "go").exists():
        await asyncio.sleep(0.02)
    note("undone")

@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    if "news" in turn.text:
        turn.start_sequence("news", {"name": turn.contact.name})
    if "person" in turn.text:
        turn.handover("wants a person")
    if "book" in turn.text:
        await turn.step("book", book, effect=True)
        raise RuntimeError("not today")
    await turn.reply("told: " + turn.text)

@bot.undo("book")
async def unbook(turn: Turn, result: str) -> None:
    assert result == "table 4"
    await cancel()
"""
MORE = """
[bots.form]
kind = "flow"
quiet = 0.1
adaptive = false
[subscriptions.crm]
kind = "webhook"
url = "http://127.0.0.1:{crm}/told"
secret = "{secret}"
events = ["conversation.escalated", "turn.failed"]
[sequences.news]
quiet_hours = "off"
steps = [{{ after = "0.5s", text = "One, {{name}}" }}, {{ after = "0.5s", text = "Two, {{name}}" }}]
"""


class Site:
    """Both machines, and all who are told."""

    def __init__(self, folder: Path, town: Town, crm: Crm, database: str) -> None:
        self.folder, self.town, self.crm, self.database = folder, town, crm, database

    @contextmanager
    def machine(self, name: str, role: str) -> Iterator[Server]:
        folder = self.folder / name
        configure(folder, self.town.running, bot=BOT, database=self.database, quiet=0.1, lease=1)
        config = folder / "turnkeeper.toml"
        server, shop, rest = config.read_text("utf-8").replace("[bots", "[channels.shop]bots").split("[channels.shop]")
        form = shop.replace("assistant", "form").replace(NUMBERS[0].phone_number_id, NUMBERS[1].phone_number_id)
        config.write_text(
            f"{server}[channels.shop]{shop}[channels.form]{form}[{rest}turn_retries = 0\n"
            + MORE.format(crm=self.crm.port, secret=CRM)
            + API,
            "utf-8",
        )
        with serving(folder, "--role", role) as server:
            yield server

    def noted(self, what: str) -> int:
        return sum(done(self.folder / name, what) for name in ("one", "two"))

    def fills_in(self, who: str, text: str) -> None:
        """Write to the number that a flow answers."""
        if who not in self.town.people:
            person = self.town.graph.person(f"1666{len(self.town.people):07}", name=who, number=NUMBERS[1])
            self.town.people[who] = self.town.running.call(person)
        self.town.write(who, text)

    def reads(self, who: str, *expected: str) -> None:
        self.town.wait(lambda: len(self.town.person(who).texts) >= len(expected))
        assert self.town.person(who).texts == list(expected)


@contextmanager
def site_of(stage: Stage) -> Iterator[Site]:
    graph = FakeGraph("secret", "verify", "token", "http://127.0.0.1:1/", NUMBERS)
    crm = Crm()
    with stage.database() as database, serve_in_thread(graph) as running:
        yield Site(stage.folder, Town(running), crm, database)
    crm.server.shutdown()
    crm.server.server_close()


@scenario
def test_each_thing_once(stage: Stage) -> None:
    with site_of(stage) as site, site.machine("web", "web") as web:
        town = site.town
        connect(town.running, web)
        ask(web, "POST", "", {"document": drawn("ask", "one")})
        ask(web, "POST", "/welcome/publish", {})
        with site.machine("one", "worker") as one, site.machine("two", "worker") as two:
            town.write("eve", "book")
            town.write("ada", "news")
            town.write("bob", "a person")
            site.fills_in("flo", "hi")
            until(lambda: site.noted("undoing") == 1, "undoing")
            site.reads("flo", "What is your name? (one)")
            ask(web, "PUT", "/welcome", drawn("who", "two"))
            ask(web, "POST", "/welcome/publish", {})
            for machine in (one, two):
                worker = machine.child("worker-1")
                os.kill(worker, signal.SIGKILL)  # the next ones know the second version from their start
                machine.child("worker-1", other_than=worker)
                (machine.folder / "go").touch()
            site.fills_in("gus", "hi")
            site.fills_in("flo", "Flo")
            site.reads("gus", "What is your name? (two)")
            site.reads("flo", "What is your name? (one)", "Hello Flo! (one)")
            site.reads("eve", "Something went wrong, please try again.")
            site.reads("bob", "told: a person")
            site.reads("ada", "told: news", "One, ada", "Two, ada")
            # What a worker was telling when it was killed is told by another once the lease is over.
            until(lambda: len(site.crm.told) >= 2, "told", within=LEASE + PATIENCE)
            web.settled()
    assert sorted(each["event"] for each in site.crm.told) == ["conversation.escalated", "turn.failed"]
    assert (site.noted("booked"), site.noted("undone")) == (1, 1)
