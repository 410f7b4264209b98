"""The example of the booking bot, in real processes: booked once, charged once, confirmed once, whatever goes wrong."""

import hmac
import importlib.util
import itertools
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.real_server import Server, serving
from tests.e2e.town import until
from turnkeeper.testing.fake_graph import FakeGraph, FakeNumber
from turnkeeper.testing.fake_models import Asked, FakeModels, Says, error, says
from turnkeeper.testing.fake_razorpay import FakeRazorpay
from turnkeeper.testing.http import Reply, Request
from turnkeeper.testing.loopback import Running, serve_in_thread
from turnkeeper.testing.payment_desk import Fault

EXAMPLE = Path(__file__).parents[2] / "examples/kaiwa"
PHONES = itertools.count()
WEBSITE = "of-the-website-0123456789"
BOOK = "book the last Supper Club for two, vegan"
LINK, CONFIRMED = "Please pay", "you are in"
HELD = """

import functools, time

_confirmed = confirm


@functools.wraps(_confirmed)
def confirm(booking_id):
    found = _confirmed(booking_id)
    while (HERE / f"hold-{found.name}").exists():
        time.sleep(0.02)
    return found
"""
"""A calendar whose answer can be kept from the bot: a worker dies after it, and before its own commit."""


class Team:
    """Where the team is told."""

    def __init__(self) -> None:
        self.base_url = ""
        self.told: list[dict[str, Any]] = []

    async def answer(self, request: Request) -> Reply:
        self.told.append(json.loads(request.body))
        return Reply.json(200, {})

    async def aclose(self) -> None:
        pass


class Kaiwa:
    """A server, whom it asks, who is paid, and who is told."""

    def __init__(self, server: Server, graph: Any, models: Any, razorpay: Any, team: Any) -> None:
        self.server = server
        self.graph: Running[FakeGraph] = graph
        self.models: Running[FakeModels] = models
        self.razorpay: Running[FakeRazorpay] = razorpay
        self.team: Running[Team] = team

    def guest(self, name: str) -> "Guest":
        return Guest(self, name)

    def say(self, *answers: Any, model: str = "gpt-4o-mini") -> None:
        self.models.now(lambda: self.models.fake.will(*answers, model=model))

    def bookings(self, name: str) -> list[tuple[str, int]]:
        """State and seats of whatever somebody has booked."""
        with closing(sqlite3.connect(self.server.folder / "bookings.db")) as db:
            return db.execute("select state, seats from booking where name = ?", (name,)).fetchall()

    def links(self, guest: "Guest") -> list[dict[str, Any]]:
        """Everything that Razorpay was asked to take money for, of those whose address somebody got or may get."""
        return self.razorpay.now(lambda: [each for each in self.razorpay.fake.links.values() if guest.owns(each)])

    def tell(self, event: dict[str, Any]) -> int:
        """The website does."""
        body, at = json.dumps(event).encode(), int(time.time())
        proof = hmac.new(WEBSITE.encode(), b"%d." % at + body, "sha256").hexdigest()
        headers = {"Authorization": f"Bearer {WEBSITE}", "X-Turnkeeper-Signature": f"t={at},v1={proof}"}
        return self.server.post("/api/v1/events", body, headers)

    def hurry(self, table: str, column: str, where: str = "1 = 1") -> None:
        """What would come later comes now."""
        with closing(sqlite3.connect(self.server.folder / "kaiwa.db", timeout=10)) as db, db:
            db.execute(f"update {table} set {column} = ? where {where}", (time.time() - 1,))

    def kill_workers(self) -> None:
        for name, pid in self.server.children.items():
            if name.startswith("worker"):
                os.kill(pid, signal.SIGKILL)


class Guest:
    """Somebody on WhatsApp."""

    def __init__(self, kaiwa: Kaiwa, name: str) -> None:
        self.kaiwa = kaiwa
        self.name = name
        self.phone = f"+9198{next(PHONES):08}"
        self.person = kaiwa.graph.call(kaiwa.graph.fake.person(self.phone[1:], name=name))

    @property
    def texts(self) -> list[str]:
        return [each.text for each in list(self.person.received)]

    def got(self, words: str) -> int:
        """How many messages say so."""
        return sum(words in each for each in self.texts)

    def gets(self, words: str, times: int = 1) -> None:
        until(lambda: self.got(words) >= times, f"told {self.name} {words!r}, only {self.texts}")
        assert self.got(words) == times, self.texts

    def says(self, *texts: str) -> None:
        for text in texts:
            self.kaiwa.graph.call(self.person.write(text))

    def taps(self, title: str, times: int = 1) -> None:
        """A button, or the last row that begins so, of the message that offered it last."""
        offers = [each for each in self.person.received if each.kind == "interactive"]
        for offer in reversed(offers):
            action = offer.body["interactive"]["action"]
            rows = [row for section in action.get("sections", ()) for row in section["rows"]]
            buttons = [each["reply"] for each in action.get("buttons", ())]
            for kind, choices in (("choose", rows), ("press", buttons)):
                for choice in reversed(choices):
                    if choice["title"].startswith(title):
                        tap = getattr(self.person, kind)
                        for _ in range(times):
                            self.kaiwa.graph.call(tap(choice["id"], choice["title"], reply_to=offer.id))
                        return
        raise AssertionError(f"nobody offered {title!r}: {self.texts}")

    def chooses(self) -> None:
        """As far as the button that pays, in a message that a model reads."""
        self.says(BOOK)
        self.gets("2 seats, vegan")

    def chooses_by_taps(self) -> None:
        """The same, without any model."""
        self.says("hi")
        for asked, title in (("Welcome", "Book"), ("Which dinner", "Sat"), ("how many", "2"), ("dietary", "Vegan")):
            self.gets(asked)
            self.taps(title)
        self.gets("2 seats, vegan")

    def books(self) -> None:
        self.chooses()
        self.taps("Pay")
        self.gets(LINK)

    @property
    def link(self) -> str:
        """Where to pay."""
        asked = [each for each in self.person.received if LINK in each.text][-1]
        address: str = asked.body["interactive"]["action"]["parameters"]["url"]
        return address

    def owns(self, link: dict[str, Any]) -> bool:
        return any(link["short_url"] in json.dumps(each.body) for each in list(self.person.received))

    def pays(self) -> None:
        self.kaiwa.razorpay.call(self.kaiwa.razorpay.fake.pay(self.link))


def copied(where: Path) -> Path:
    """The example as a stranger has it."""
    return Path(shutil.copytree(EXAMPLE, where / "kaiwa", ignore=shutil.ignore_patterns("__pycache__", "*.db*")))


def understood(asked: Asked) -> Says:
    """What is read is understood; whatever is asked is answered."""
    if "response_format" not in asked.body:
        return says("At eight.")
    dinner = re.findall(r"supper-[0-9-]{10}", str(asked.body["messages"]))[-1]
    return says(json.dumps({"dinner": dinner, "seats": 2, "dietary": ["vegan"]}))


@pytest.fixture(scope="module")
def kaiwa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kaiwa]:
    folder = copied(tmp_path_factory.mktemp("kaiwa"))
    calendar = folder / "dinners.py"
    calendar.write_text(calendar.read_text("utf-8") + HELD, "utf-8")
    on = folder / "dinners.toml"
    on.write_text(on.read_text("utf-8").replace("seats = 12", "seats = 120"), "utf-8")
    number = FakeNumber("1000000001", waba_id="2000000001")
    with (
        serve_in_thread(FakeGraph("secret", "verify", "token", "http://127.0.0.1:1/", [number])) as graph,
        serve_in_thread(FakeModels(default=understood)) as models,
        serve_in_thread(FakeRazorpay()) as razorpay,
        serve_in_thread(Team()) as team,
    ):
        environ = try_it().environment(graph.fake, razorpay.fake, models.fake) | {
            "TEAM_WEBHOOK": f"{team.base_url}/kaiwa",
            "WEBSITE_TOKEN": WEBSITE,
            "WEBSITE_SECRET": WEBSITE,
            "TURNKEEPER_WORKERS__LEASE": "2s",
            "TURNKEEPER_BOTS__KAIWA__QUIET": "200ms",
        }
        with serving(folder, **environ) as server:
            graph.fake.webhooks.url = f"{server.url}/webhooks/whatsapp"
            razorpay.fake.webhook_url = f"{server.url}/webhooks/payments/razorpay"
            approved(graph, folder, environ)
            yield Kaiwa(server, graph, models, razorpay, team)


def try_it() -> Any:
    """The example's own script, for what its settings are in a world of fakes."""
    spec = importlib.util.spec_from_file_location("kaiwa_try_it", EXAMPLE / "try_it.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def approved(graph: Running[FakeGraph], folder: Path, environ: dict[str, str]) -> None:
    """The example's templates, from their file through Meta's review."""
    command = [sys.executable, "-m", "turnkeeper", "template", "push", "templates.toml", "--json"]
    done = subprocess.run(
        command, cwd=folder, env=os.environ | environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    names = [each["name"] for each in tomllib.loads((folder / "templates.toml").read_text("utf-8"))["templates"]]
    for name in names:
        graph.now(partial(graph.fake.templates.review, name, "APPROVED", "en"))


@pytest.fixture(autouse=True)
def as_usual(kaiwa: Kaiwa) -> Iterator[None]:
    yield
    fake = kaiwa.razorpay.fake
    fake.tells, fake.pays_at_once = "once", None


def test_from_hello_to_feedback(kaiwa: Kaiwa) -> None:
    ana = kaiwa.guest("Ana")
    ana.chooses_by_taps()
    ana.taps("Pay")
    ana.gets(LINK)
    assert kaiwa.bookings("Ana") == [("held", 2)]
    ana.pays()
    ana.gets(CONFIRMED)
    assert kaiwa.bookings("Ana") == [("confirmed", 2)]
    kaiwa.graph.now(lambda: ana.person.thread().close_window(time.time(), 25 * 3600))
    kaiwa.hurry("timer", "due_at", "name = 'reminder'")
    ana.gets("is tomorrow at 19:30")
    kaiwa.hurry("timer", "due_at", "name = 'feedback'")
    ana.gets("how was")
    assert [each.kind for each in list(ana.person.received)][-3:] == ["template"] * 3
    ana.says("Wonderful people!")
    ana.gets("Thank you!")
    assert kaiwa.server.settled()["states"]["failed"] == 0


def test_a_double_tap_on_pay_is_one_booking_and_one_link(kaiwa: Kaiwa) -> None:
    ben = kaiwa.guest("Ben")
    ben.chooses()
    ben.taps("Pay", times=2)
    ben.gets(LINK)
    ben.taps("Pay")
    ben.gets(LINK, times=2)
    assert len(kaiwa.links(ben)) == 1
    assert kaiwa.bookings("Ben") == [("held", 2)]


def test_a_webhook_before_our_own_write_counts_once(kaiwa: Kaiwa) -> None:
    kaiwa.razorpay.fake.pays_at_once = "upi"
    cleo = kaiwa.guest("Cleo")
    cleo.books()
    cleo.gets(CONFIRMED)
    kaiwa.server.settled()
    assert cleo.got(CONFIRMED) == 1


def test_a_webhook_twice_and_once_more_counts_once(kaiwa: Kaiwa) -> None:
    dev = kaiwa.guest("Dev")
    dev.books()
    kaiwa.razorpay.fake.tells = "twice"
    dev.pays()
    dev.gets(CONFIRMED)
    kaiwa.razorpay.call(kaiwa.razorpay.fake.again())
    kaiwa.server.settled()
    assert dev.got(CONFIRMED) == 1


def test_a_webhook_that_never_comes_is_found_by_asking(kaiwa: Kaiwa) -> None:
    kaiwa.razorpay.fake.tells = "never"
    eva, fay = kaiwa.guest("Eva"), kaiwa.guest("Fay")
    eva.chooses()
    fay.chooses()
    for each in (eva, fay):
        each.taps("Pay")
    for each in (eva, fay):
        each.gets(LINK)
    asked = len(kaiwa.models.fake.asked)
    eva.pays()
    fay.pays()
    eva.says("done!")
    eva.gets(CONFIRMED)
    kaiwa.hurry("payment", "look_at", "state = 'open'")
    fay.gets(CONFIRMED)
    assert len(kaiwa.models.fake.asked) == asked, "in this stage no model is asked"
    assert eva.got("not got your payment") == 0


def test_two_messages_at_once_get_one_answer(kaiwa: Kaiwa) -> None:
    gil = kaiwa.guest("Gil")
    gil.says("hi")
    gil.gets("Welcome")
    asked = len(kaiwa.models.fake.asked)
    kaiwa.say(says("Around Lavelle Road."))
    gil.says("venue in HSR Layout?", "no, Central Bengaluru")
    gil.gets("Around Lavelle Road.")
    kaiwa.server.settled()
    told = json.dumps(kaiwa.models.fake.last.body)
    assert "contact: venue in HSR Layout?\\ncontact: no, Central Bengaluru" in told
    assert len(kaiwa.models.fake.asked) == asked + 1
    assert len(gil.texts) == 2


def test_claude_stands_in_without_tools_and_then_a_person_is_offered(kaiwa: Kaiwa) -> None:
    hal = kaiwa.guest("Hal")
    kaiwa.say(error(401, "wrong key"), error(401, "wrong key"))
    kaiwa.say(says("I do not know."), error(401, "wrong key"), model="claude-haiku-4-5")
    hal.says("What is on?")
    hal.gets("I do not know.")
    assert "tools" not in kaiwa.models.fake.last.body
    hal.says("And tomorrow?")
    hal.gets("Shall I ask a person")
    hal.says("yes please")
    hal.gets("I have told my colleagues")
    until(lambda: bool(kaiwa.team.fake.told), "told the team")
    (told,) = kaiwa.team.fake.told
    assert told["event"] == "conversation.escalated"
    assert "no model gave an answer" in told["data"]["reason"]
    assert told["data"]["lines"][-2]["text"] == "yes please"


def test_seats_that_were_chosen_on_the_website_are_paid_here(kaiwa: Kaiwa) -> None:
    liv = kaiwa.guest("Liv")
    today = datetime.now(ZoneInfo("Asia/Kolkata")).date()
    day = today + timedelta((5 - today.weekday()) % 7 + 7)
    chosen = {"dinner": f"supper-{day}", "seats": 3, "dietary": [], "name": "Liv"}
    event = {"id": "r-1", "type": "seats.reserved", "channel": "whatsapp", "to": liv.phone, "data": chosen}
    for _ in range(2):
        assert kaiwa.tell(event) == 202
    liv.gets("Please pay ₹4,500.00")
    kaiwa.razorpay.call(kaiwa.razorpay.fake.pay(re.findall(r"http\S+", liv.texts[-1])[0]))
    liv.gets(CONFIRMED)
    assert (kaiwa.bookings("Liv"), len(liv.texts)) == ([("confirmed", 3)], 2)


def test_a_worker_that_is_killed_in_the_middle_books_charges_and_confirms_once(kaiwa: Kaiwa) -> None:
    """One person's link was made, and the worker had not heard of it; another one's charge was booked, and the
    worker had not committed."""
    ida, jon = kaiwa.guest("Ida"), kaiwa.guest("Jon")
    ida.chooses()
    jon.books()
    razorpay, hold = kaiwa.razorpay.fake, kaiwa.server.folder / "hold-Jon"
    made = len(razorpay.links)
    kaiwa.razorpay.now(lambda: razorpay.fail_next(Fault("silence", acts=True, on="POST /v1/payment_links")))
    hold.touch()
    ida.taps("Pay")
    jon.pays()
    until(lambda: len(razorpay.links) > made and kaiwa.bookings("Jon") == [("confirmed", 2)], "in the middle")
    kaiwa.kill_workers()
    hold.unlink()
    ida.gets(LINK)
    jon.gets(CONFIRMED)
    ida.pays()
    ida.gets(CONFIRMED)
    kaiwa.server.settled()
    assert len(razorpay.links) == made + 1
    for each in (ida, jon):
        assert kaiwa.bookings(each.name) == [("confirmed", 2)]
        assert (len(kaiwa.links(each)), each.got(CONFIRMED)) == (1, 1)


def test_nobody_is_reminded_after_stop(kaiwa: Kaiwa) -> None:
    kim = kaiwa.guest("Kim")
    kim.books()
    kim.pays()
    kim.gets(CONFIRMED)
    kim.says("STOP")
    kim.gets("no more messages")
    kaiwa.hurry("timer", "due_at", "name in ('reminder', 'feedback')")
    time.sleep(0.5)
    kaiwa.server.settled()
    assert kim.texts[-1].startswith("You will get no more messages")
