"""What comes in and is not simply answered: the owner's own phone, what nobody can read, other environments."""

import json
import time
from pathlib import Path

from tests.e2e.real_server import Server, configure, connect, serving, turnkeeper
from tests.e2e.scenarios import Stage, scenario
from tests.e2e.town import rows, until
from tests.web.provider import signed
from turnkeeper.testing.fake_graph import Person

BOT = """
from turnkeeper import Bot, Turn
bot = Bot("assistant")
@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    said = [line.text for line in await turn.history() if line.role == "person"]
    await turn.reply("told: " + turn.text + ", after " + (" | ".join(said) or "nobody"))
"""


def also(folder: Path, section: str, *lines: str) -> None:
    """Add settings to a section."""
    path = folder / "turnkeeper.toml"
    text = path.read_text("utf-8")
    assert f"[{section}]\n" in text
    path.write_text(text.replace(f"[{section}]\n", "\n".join([f"[{section}]", *lines, ""])), "utf-8")


def type_on_the_phone(server: Server, to: Person, message_id: str, kind: str, payload: object) -> None:
    """The owner writes to somebody in the WhatsApp Business app, or edits what was written."""
    item = {"from": "15550001111", "to": to.identity.phone, "id": message_id, "timestamp": str(int(time.time()))}
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550001111", "phone_number_id": "1000000001"},
        "message_echoes": [{**item, "type": kind, kind: payload}],
    }
    entry = [{"id": "2000000001", "changes": [{"field": "smb_message_echoes", "value": value}]}]
    body = json.dumps({"object": "whatsapp_business_account", "entry": entry}).encode()
    assert server.post("/webhooks/shop", body, signed(body, "secret")) == 200


def ended(server: Server, **expected: int) -> None:
    """Wait until so many events stand so."""
    until(lambda: {state: server.ledger()["states"][state] for state in expected} == expected, f"{expected}")


@scenario
def test_the_owner_takes_over_for_a_while_and_what_nobody_can_read_gets_a_sentence(stage: Stage) -> None:
    town = stage.town
    configure(stage.folder, town.running, bot=BOT)
    also(stage.folder, "channels.shop", 'echo_takes_over = "6s"')
    also(stage.folder, "bots.assistant", 'unsupported_reply = "Words, please."', 'reads = ["text"]')
    with serving(stage.folder) as server:
        connect(town.running, server)
        ada = town.person("ada")
        town.write("ada", "hi")
        town.wait(lambda: ada.texts == ["told: hi, after nobody"])
        echoed = ada.received[0].id
        type_on_the_phone(server, ada, echoed, "text", {"body": "told: hi, after nobody"})
        ended(server, ignored=1, answered=1)
        began = time.monotonic()
        type_on_the_phone(server, ada, "wamid.own.1", "text", {"body": "this is Grace"})
        edit = {"original_message_id": "wamid.own.1", "message": {"type": "text", "text": {"body": "It is Grace"}}}
        type_on_the_phone(server, ada, "wamid.own.2", "edit", edit)
        town.write("ada", "hello Grace")
        ended(server, ignored=1, answered=1, person=3)
        bob = town.person("bob")
        for kind in ("unsupported", "location"):
            town.running.call(bob.send(kind))
        town.wait(lambda: bob.texts == ["Words, please."])
        time.sleep(max(0.0, 6.2 - (time.monotonic() - began)))
        town.write("ada", "bye")
        town.wait(lambda: ada.texts[1:] == ["told: bye, after It is Grace"])
        ended(server, ignored=1, answered=4, person=3)


@scenario
def test_a_channel_of_another_environment_is_left_alone_and_loses_nothing(stage: Stage) -> None:
    town = stage.town
    configure(stage.folder, town.running)
    also(stage.folder, "channels.shop", 'environment = "production"')
    config = ("--config", str(stage.folder / "turnkeeper.toml"))
    with serving(stage.folder, TURNKEEPER_SERVER__ENVIRONMENT="production") as server:
        connect(town.running, server)
        assert turnkeeper("channel", "pause", "shop", *config).returncode == 0
        town.write("ada", "before")
        town.wait(lambda: rows(stage.folder, "queued") == 1)
        assert server.stop() == 0
    with serving(stage.folder, TURNKEEPER_SERVER__ENVIRONMENT="staging") as server:
        assert "channel shop is for environment production, and this one is staging" in server.log()
        connect(town.running, server)
        assert turnkeeper("channel", "resume", "shop", *config).returncode == 0
        town.write("bob", "meant for production")
        ended(server, ignored=1, running=1)
        time.sleep(2.0)  # the slow poll would have found it by now
        assert town.sends == 0
        assert turnkeeper("channel", "pause", "shop", *config).returncode == 0
        assert server.stop() == 0
    with serving(stage.folder, TURNKEEPER_SERVER__ENVIRONMENT="production") as server:
        assert turnkeeper("channel", "resume", "shop", *config).returncode == 0
        town.wait(lambda: town.person("ada").texts == ["told: before"])
        assert town.person("bob").texts == []
        server.settled()
