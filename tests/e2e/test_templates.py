"""Templates from a file to a person's phone, and what stops one: real processes, webhooks of reviews."""

import asyncio
import json
import os
import time
from typing import Any

import pytest

from tests.e2e.real_server import SECRETS, configure, connect, serving, turnkeeper
from tests.e2e.scenarios import Stage, scenario
from tests.e2e.town import until
from turnkeeper.app import templates, trial
from turnkeeper.app.database import existing
from turnkeeper.app.template_files import read_drafts
from turnkeeper.config import load
from turnkeeper.engine.templates import FRESH
from turnkeeper.model.contents import Template

ADDRESS = "phone:15550000000"
FILE = """\
name = "seat_confirmed"
language = "en"
category = "utility"
header = "Dinner in {{1}}"
header_example = "May"
body = "Dear {{1}}, your seat on {{2}} is kept."
examples = ["Ana", "5 December"]
footer = "Kaiwa"
buttons = [{ kind = "quick_reply", text = "Cancel" }]
"""
RATES = "country,category,price,currency\nUS,utility,0.004,USD\n*,utility,0.01,USD\n"
BOT = """\
from turnkeeper import Bot, Turn

bot = Bot("echo")


@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    try:
        await turn.template("seat_confirmed", "en", body=("Ada",), header="May")
    except ValueError as error:
        await turn.reply(f"told: {error}")
"""


@scenario
def test_from_a_file_to_a_phone(stage: Stage) -> None:
    town, folder = stage.town, stage.folder
    configure(folder, town.running, bot=BOT)
    config = folder / "turnkeeper.toml"
    config.write_text(config.read_text("utf-8") + '\n[rate_cards]\nmeta = "rates.csv"\n', "utf-8")
    (folder / "rates.csv").write_text(RATES, "utf-8")
    (folder / "seat.toml").write_text(FILE, "utf-8")
    settings = load(config, os.environ | SECRETS)
    meta = town.graph.templates
    [channel] = settings.channels

    def happens(what: Any) -> None:
        async def now() -> None:
            what()

        town.running.call(now())

    def listed() -> templates.Listed:
        [found] = asyncio.run(templates.known(settings, None, "us", fresh=False)).templates
        return found

    async def prepared(*body: str) -> templates.Ready:
        async with existing(settings) as store:
            return await templates.prepare(settings, store, channel, ADDRESS, "seat_confirmed", "", body, {}, "May", [])

    async def sent(template: Template) -> list[str]:
        async with existing(settings) as store:
            return [each.stage async for each in trial.put(store, channel, ADDRESS, template, 20.0)]

    def ready(*body: str) -> templates.Ready:
        return asyncio.run(prepared(*body))

    with serving(folder) as server:
        connect(town.running, server)
        ada = town.person("ada")
        [pushed] = asyncio.run(templates.push(settings, None, read_drafts(folder / "seat.toml"), replace=False))
        assert (pushed.status, pushed.category, pushed.problems) == ("pending", "utility", ())
        with pytest.raises(trial.Refused, match="Meta still reviews it, for up to 24 hours"):
            ready("Ana", "5 December")
        happens(lambda: meta.review("seat_confirmed", "APPROVED", "en"))
        until(lambda: listed().status == "approved", "approved")
        good = ready("Ana", "5 December")
        assert good.shown == "Dinner in May\n\nDear Ana, your seat on 5 December is kept.\n\nKaiwa\n\n[Cancel]"
        assert good.price == "0.004 USD"
        command = ("template", "send", "shop", "15550000000", "seat_confirmed", "--body", "Ana", "--body", "5 December")
        done = turnkeeper(*command, "--header", "May", "--json", "-c", str(config))
        told = json.loads(done.stdout)
        assert (done.returncode, told["ok"], told["stages"][-1]["stage"]) == (0, True, "delivered"), done
        assert ada.texts == ["Dear Ana, your seat on 5 December is kept."]
        with pytest.raises(trial.Refused, match="it has 2 parameters, 1 are given"):
            ready("Ana")
        town.write("ada", "hello")
        town.wait(lambda: len(ada.texts) == 2)
        assert ada.texts[1] == "told: Template seat_confirmed: it has 2 parameters, 1 are given"
        assert ready("Ana", "5 December").price == "free: the window is open"
        happens(lambda: meta.rate("seat_confirmed", "RED", "en"))
        until(lambda: listed().status == "paused", "paused")
        assert (listed().quality, listed().price) == ("red", "0.004 USD")
        assert listed().why.startswith("Meta has paused it because of its quality: people blocked or reported it")
        time.sleep(FRESH + 0.1)  # what the worker knows is a second old at most
        sends = town.sends
        assert asyncio.run(sent(good.template))[-1] == "failed"
        assert town.sends == sends, "nobody asked the provider"
