"""The owner on the phone, numbered choices and a group, on WAHA through real processes."""

from contextlib import closing
from pathlib import Path

import apsw
import msgspec

from tests.e2e.real_server import serving
from tests.e2e.scenarios import Stage, scenario
from tests.e2e.test_waha import shop
from tests.e2e.town import until

BOT = """
from turnkeeper import Bot, Buttons, Turn

bot = Bot("assistant")


@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    if turn.choice is not None:
        await turn.reply(f"You chose {turn.choice.id}.")
    elif turn.text == "menu":
        await turn.reply(Buttons("Which?", {"t": "Tea", "c": "Coffee"}))
    else:
        await turn.reply(f"told: {turn.text}")
"""
MENU = "Which?\n\n1. Tea\n2. Coffee"
KEYS = """
groups = "mention"
owner_takes = "cmd"
owner_gives = "dmc"
owner_numbers = ["{owner}"]
owner_nudge = "Teruskan"
human_pause = 0
"""


def taken(folder: Path, text: str) -> None:
    """Wait until something that nobody answers was accepted."""

    def known() -> bool:
        with closing(apsw.Connection(str(folder / "data.db"), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
            connection.set_busy_timeout(5000)
            bodies = [bytes(row[0]) for row in connection.execute("select body from event")]
        return any(msgspec.json.decode(body).get("text") == text for body in bodies)

    until(known, f"taken: {text}")


@scenario
def test_the_owner_steers_a_bot_that_offers_choices(stage: Stage) -> None:
    with shop(stage.folder) as s:
        ada, owner = s.person("ada"), s.person("owner")
        number, boss = ada.identity.phone, owner.identity.phone
        config = stage.folder / "turnkeeper.toml"
        keys = KEYS.format(owner=boss)
        config.write_text(config.read_text("utf-8").replace("[bots.assistant]", f"{keys}\n[bots.assistant]"), "utf-8")
        (stage.folder / "the_bot.py").write_text(BOT, "utf-8")
        with serving(stage.folder) as server:
            s.write("ada", "menu")
            s.wait("ada", MENU)
            s.write("ada", "2.")
            s.wait("ada", MENU, "You chose c.")
            s.here.call(s.fake.owner.write(ada, "cmd"))
            taken(stage.folder, "cmd")
            s.write("ada", "anybody?")
            taken(stage.folder, "anybody?")
            s.write("owner", f"?{number}")
            taken(stage.folder, f"?{number}")
            s.write("ada", "2")
            s.wait("ada", MENU, "You chose c.", "cmd", "told: 2")
            s.write("owner", f"/+{number}")
            taken(stage.folder, f"/+{number}")
            s.write("ada", "hello?")
            taken(stage.folder, "hello?")
            s.here.call(s.fake.owner.write(ada, "DMC"))
            taken(stage.folder, "DMC")
            s.write("owner", f"#{number}", "how are you?")
            s.wait("ada", MENU, "You chose c.", "cmd", "told: 2", "DMC", "told: Teruskan")
            s.wait("owner", "told: how are you?")

            friends = s.here.call(s.fake.group())
            s.here.call(ada.write("hello everybody", group=friends))
            us = s.here.now(lambda: s.fake.session.me.phone)
            s.here.call(ada.write(f"@{us} hello", group=friends))
            said = f"told: ada: @{us} hello"
            s.see(lambda: [call for call in s.fake.calls if call.body and call.body.get("text") == said], said)
            taken(stage.folder, "hello everybody")
            s.judge(server, answered=6, person=2)
