"""`turnkeeper template …`: what is told, what is refused, in words and in JSON."""

import asyncio
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from turnkeeper.app.channel_checkup import examine_traffic
from turnkeeper.app.database import existing, migrate_store
from turnkeeper.app.prices import place_of
from turnkeeper.cli.template import app
from turnkeeper.config import Settings, load
from turnkeeper.engine.http import Client
from turnkeeper.engine.template_sync import row_of
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.events import Inbound
from turnkeeper.model.templates import DefinedButton, FoundTemplate, TemplateDefinition
from turnkeeper.rules.rate_cards import Place
from turnkeeper.store.base import Arrival, Intake

TOML = """
[rate_cards]
meta = "rates.csv"
[channels.shop]
kind = "whatsapp_cloud"
bot = "assistant"
phone_number_id = "1000000001"
waba_id = "2000000001"
access_token = "token-1"
app_secret = "secret-1"
verify_token = "verify-1"
[bots.assistant]
kind = "python"
entry = "my_bot:bot"
"""
RATES = "country,category,price,currency\nIN,utility,0.0014,USD\n*,marketing,0.06,USD\n"
SEAT = TemplateDefinition(
    "seat", "en", "APPROVED", "UTILITY", body=("1",), text="Dear {{1}}!", footer="Kaiwa",
    buttons=(DefinedButton("url", "See", wants=True, may=True, opens="https://a.test/{{1}}"),),
)  # fmt: skip
PLACE = TemplateDefinition("place", "en", "APPROVED", "MARKETING", header="location", text="Here.")
SALE = TemplateDefinition("sale", "de", "PAUSED", "MARKETING", text="Alles.")
INDIAN = "+91 98765 43210"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "turnkeeper.toml").write_text(TOML, "utf-8")
    (tmp_path / "rates.csv").write_text(RATES, "utf-8")
    asyncio.run(_filled(load(tmp_path / "turnkeeper.toml")))
    return tmp_path


async def _filled(settings: Settings) -> None:
    await migrate_store(settings)
    [channel] = settings.channels
    async with existing(settings) as store:
        now = time.time()
        [due] = await store.templates_due([(channel.workspace_id, channel.id)], now, now + 60)
        found = [SEAT, replace(SEAT, language="de", text="Liebe {{1}}!"), PLACE, SALE]
        rows = [row_of(channel, FoundTemplate(each, f"{each.name}.{each.language}", "GREEN"), now) for each in found]
        await store.put_templates(due, rows, now, now + 3600)


def told(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "-c", str(folder / "turnkeeper.toml")])


def words(folder: Path, *arguments: str) -> Any:
    return json.loads(told(folder, *arguments, "--json").stdout)


def test_what_is_known_is_listed(folder: Path) -> None:
    found = told(folder, "list", "--country", "in").stdout.splitlines()
    assert found == [
        "place en  shop  marketing  approved; price 0.06 USD",
        "sale de  shop  marketing  paused: Meta has paused it because of its quality; price 0.06 USD",
        "seat de  shop  utility  approved; price 0.0014 USD",
        "seat en  shop  utility  approved; price 0.0014 USD",
    ]
    [seat, *_] = [each for each in words(folder, "list")["templates"] if each["name"] == "seat"]
    assert (seat["price"], seat["why"], seat["language"]) == ("unknown", "", "de")


def test_one_is_shown_in_each_language(folder: Path) -> None:
    shown = told(folder, "show", "seat").stdout
    assert "    Liebe {{1}}!\n\n    Kaiwa\n\n    [See: https://a.test/{{1}}]\n" in shown
    assert "    Dear {{1}}!" in shown
    missing = told(folder, "show", "other")
    assert (missing.exit_code, "no template 'other'" in missing.stderr) == (1, True)


GIVEN = ("--body", "Ana", "--button", "7", "--language", "en")


def test_a_dry_run_shows_it_and_its_price(folder: Path) -> None:
    done = words(folder, "send", "shop", INDIAN, "seat", *GIVEN, "--dry-run")
    assert done["shown"] == "Dear Ana!\n\nKaiwa\n\n[See: https://a.test/7]"
    assert (done["price"], done["status"], done["ok"], done["stages"]) == ("0.0014 USD", "approved", True, [])
    place = words(folder, "send", "shop", INDIAN, "place", "--header", "1.5,2,Shop,Street 1, left", "--dry-run")
    assert (place["shown"], place["price"]) == ("[location: Shop, Street 1, left]\n\nHere.", "0.06 USD")


def test_in_the_open_window_utility_is_free(folder: Path) -> None:
    settings = load(folder / "turnkeeper.toml")
    [channel] = settings.channels
    hello = Inbound(kind="text", text="hi", addresses=("phone:919876543210",), dedup_key="1")

    async def hear() -> None:
        async with existing(settings) as store:
            await store.take(Intake([Arrival(channel, hello, time.time())]))

    asyncio.run(hear())
    assert words(folder, "send", "shop", INDIAN, "seat", *GIVEN, "--dry-run")["price"] == "free: the window is open"
    place = words(folder, "send", "shop", INDIAN, "place", "--header", "1,2,a,b", "--dry-run")
    assert place["price"] == "0.06 USD"


@pytest.mark.parametrize(
    "label, arguments, why",
    [
        ("no such template", ("other",), "there is no template 'other'"),
        ("two languages", ("seat", *GIVEN[:4]), "seat is there in de, en"),
        ("another language", ("seat", *GIVEN[:4], "--language", "fr"), "seat is there in de, en, not in fr"),
        ("a value missing", ("seat", "--button", "7", "--language", "en"), "it has 1 parameters, 0 are given"),
        ("a name", ("seat", "--named", "who=Ana", "--button", "7", "--language", "en"), "have an order, not names"),
        ("a button missing", ("seat", "--body", "Ana", "--language", "en"), "button 0 (url) wants a value"),
        ("half a place", ("place", "--header", "1,2"), "a place is written as latitude,longitude,name,address"),
        ("one that is paused", ("sale",), "sale: Meta has paused it because of its quality"),
        ("nobody works", ("seat", *GIVEN), "no worker is alive"),
    ],
)
def test_what_would_not_go_through_is_refused(folder: Path, label: str, arguments: tuple[str, ...], why: str) -> None:
    done = told(folder, "send", "shop", INDIAN, *arguments)
    assert done.exit_code == 1, label
    assert "Nothing was sent: " in done.stderr
    assert why in done.stderr


def test_a_name_without_its_value(folder: Path) -> None:
    done = told(folder, "send", "shop", INDIAN, "seat", "--named", "who")
    assert (done.exit_code, "is no name=value" in done.stderr) == (2, True)


def answered(monkeypatch: pytest.MonkeyPatch, *answers: Any) -> list[Any]:
    """The provider's answers to what is played next; the calls that were made."""
    calls: list[Any] = []
    waiting = list(answers)

    async def play(_: Client, steps: Any, *, timeout: float) -> Any:
        from turnkeeper.engine.calling import played

        async def reply(call: Any) -> Any:
            calls.append(call)
            return waiting.pop(0)

        return await played(steps, reply)

    monkeypatch.setattr(Client, "play", play)
    return calls


def pushed(folder: Path, text: str, *arguments: str, name: str = "new.toml") -> Result:
    (folder / name).write_text(text, "utf-8")
    return told(folder, "push", str(folder / name), *arguments)


NEW = 'name = "new"\nlanguage = "en"\ncategory = "utility"\nbody = "Hi {{who}}!"\nexamples = { who = "Ana" }\n'


def test_a_file_is_submitted_and_known_from_then_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from turnkeeper.channels.base import HttpReply

    calls = answered(monkeypatch, HttpReply(200, b'{"id": "9", "status": "PENDING", "category": "MARKETING"}'))
    done = pushed(folder, NEW)
    assert done.stdout == "new en: submitted as marketing; Meta reviews it, for up to 24 hours\n"
    assert calls[0].json["components"][0]["example"] == {
        "body_text_named_params": [{"param_name": "who", "example": "Ana"}]
    }
    assert "new en  shop  marketing  pending: Meta still reviews it" in told(folder, "list").stdout


def test_one_that_is_there_is_replaced_only_when_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from turnkeeper.channels.base import HttpReply

    seat = NEW.replace("new", "seat")
    refused = pushed(folder, seat)
    assert (refused.exit_code, "it is there already (approved): --replace" in refused.stdout) == (1, True)
    calls = answered(monkeypatch, HttpReply(200, b'{"success": true}'))
    assert pushed(folder, seat, "--replace").exit_code == 0
    assert calls[0].url.endswith("/seat.en")


def test_what_the_provider_refuses_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from turnkeeper.channels.base import HttpReply

    answered(monkeypatch, HttpReply(400, b'{"error": {"code": 100, "message": "No such thing"}}'))
    done = pushed(folder, NEW)
    assert (done.exit_code, "No such thing" in done.stdout) == (1, True)


def test_nothing_is_submitted_where_one_is_wrong(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = answered(monkeypatch)
    both = json.dumps({"templates": [
        {"name": "good", "language": "en", "category": "UTILITY", "components": [{"type": "BODY", "text": "Hi"}]},
        {"name": "Bad", "language": "en", "category": "UTILITY", "components": [{"type": "BODY", "text": "Hi"}]},
    ]})  # fmt: skip
    done = pushed(folder, both, name="both.json")
    assert (done.exit_code, calls) == (1, [])
    assert done.stdout == "Bad en: not submitted\n  a template's name is of a-z, 0-9 and _, not 'Bad'\n"


@pytest.mark.parametrize(
    "label, text, name, problem",
    [
        ("not TOML", "name = ", "a.toml", "is not TOML"),
        ("not JSON", "{", "a.json", "is not JSON"),
        ("no template", "templates = []", "a.toml", "holds no template"),
        ("a key that is none", NEW + "boddy = 1", "a.toml", "unknown field `boddy`"),
        ("a key missing", 'name = "a"', "a.toml", "missing required field `language`"),
        ("a list of words", '["a"]', "a.json", "Expected `object`"),
    ],
)
def test_a_file_that_is_none(folder: Path, label: str, text: str, name: str, problem: str) -> None:
    done = pushed(folder, text, name=name)
    assert isinstance(done.exception, ConfigurationError), label
    assert problem in str(done.exception)


@pytest.mark.parametrize(
    "address, expected",
    [
        ("phone:919876543210", Place("IN", "91")),
        ("phone:15551230001", Place("US", "1")),
        ("phone:14165550100", Place("CA", "1")),
        ("phone:12", Place(None, None)),
        ("user:US.1", Place()),
        ("phone:", Place()),
    ],
)
def test_where_a_number_is_from(address: str, expected: Place) -> None:
    assert place_of(address) == expected


@pytest.mark.parametrize(
    "rates, problem",
    [
        (RATES + "XX1,utility,1,USD\n", "rate_cards.meta: rates.csv, line 4: 'XX1' is not a country"),
        (None, "rate_cards.meta: the file rates.csv cannot be read (No such file or directory)"),
    ],
)
def test_a_wrong_rate_card_stops_the_start(tmp_path: Path, rates: str | None, problem: str) -> None:
    (tmp_path / "turnkeeper.toml").write_text(TOML, "utf-8")
    if rates is not None:
        (tmp_path / "rates.csv").write_text(rates, "utf-8")
    with pytest.raises(ConfigurationError) as raised:
        load(tmp_path / "turnkeeper.toml")
    assert problem in str(raised.value)


def test_the_doctor_tells_when_they_cannot_be_asked_for(folder: Path) -> None:
    settings = load(folder / "turnkeeper.toml")
    [channel] = settings.channels

    async def links(problem: str | None) -> list[tuple[str, str]]:
        async with existing(settings) as store:
            now = time.time() + 7200
            [due] = await store.templates_due([(channel.workspace_id, channel.id)], now, now)
            if problem is not None:
                await store.templates_not_had(due, problem, now)
        found = await examine_traffic(settings, readable=True)
        return [(link.state, link.detail) for link in found if link.link == "channel shop: templates"]

    [(state, detail)] = asyncio.run(links(None))
    assert (state, detail.startswith("asked for ")) == ("ok", True)
    assert asyncio.run(links("no permission")) == [("broken", "they cannot be asked for: no permission")]
    assert "shop: no permission" in told(folder, "list").stderr


SEQUENCE = '[sequences.tips]\nsteps = [{ after = "1d", template = { name = "%s", language = "en"%s } }]'
FALLBACK = 'fallback_template = { name = "%s", language = "%s", body = [%s] }'
NOTICE = """
[subscriptions.team]
kind = "chat"
channel = "shop"
to = "+49 1701234567"
template = "place/en"
events = ["turn.failed"]
"""


@pytest.mark.parametrize(
    "table, warned",
    [
        (SEQUENCE % ("seat", ', body = ["Ana"], buttons = [{ kind = "url", value = "7" }]'), None),
        (SEQUENCE % ("gone", ""), "sequences.tips names it: shop has no such template"),
        (
            FALLBACK % ("seat", "en", '"{text}"'),
            "bots.assistant.fallback_template names it: button 0 (url) wants a value",
        ),
        (
            FALLBACK % ("seat", "id", '"{text}"'),
            "bots.assistant.fallback_template names it: shop has it only in de, en",
        ),
        (FALLBACK % ("sale", "de", ""), "bots.assistant.fallback_template names it: on shop Meta has paused it"),
        (NOTICE, "subscriptions.team.template names it: it has 0 parameters, 1 are given"),
    ],
)
def test_the_doctor_warns_of_templates_that_the_configuration_names_in_vain(
    folder: Path, table: str, warned: str | None
) -> None:
    with (folder / "turnkeeper.toml").open("a", encoding="utf-8") as file:
        file.write(table)
    found = asyncio.run(examine_traffic(load(folder / "turnkeeper.toml"), readable=True))
    warnings = [link for link in found if link.state == "warning"]
    assert [link.detail.startswith(warned or "nothing") for link in warnings] == [True] * (warned is not None), warnings
    assert all("turnkeeper template list" in link.mend for link in warnings)
