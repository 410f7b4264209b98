"""What operators do to a server that people write to: the next release, and a backup that is brought back elsewhere."""

import itertools
import json
import threading
import time
import urllib.request
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tests.e2e.real_server import PATIENCE, Server, configure, connect, serving, turnkeeper
from tests.e2e.scenarios import Stage, scenario
from tests.e2e.town import THINKER, Town, done, told, until
from tests.support.postgres import Cluster

OLD = """
import asyncio
from turnkeeper import Bot, Turn
bot = Bot("assistant")

async def think(text: str) -> str:
    await asyncio.sleep(0.3)
    return text

@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    found = await turn.step("think", think, turn.text)
    await turn.reply("told: " + found.replace("\\n", " | "))
"""
NEW = OLD.replace('"think", think', '"think again", think')
PEOPLE = 6
TOKEN = "token-of-a-reader"
READER = f'\n[api_tokens.reader]\ntoken = "{TOKEN}"\nscopes = ["read"]\n'


class Writers:
    """People who write all the time, in turn, until they are stopped."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self._over = threading.Event()
        for number in range(PEOPLE):
            town.person(f"person {number}")
        self._thread = threading.Thread(target=self._write)

    def _write(self) -> None:
        for number in itertools.count():
            if self._over.wait(0.05):
                return
            self._town.write(f"person {number % PEOPLE}", f"message {number}")

    def __enter__(self) -> "Writers":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def __exit__(self, *_: object) -> None:
        self.stop()


def listed(server: Server) -> dict[str, tuple[str, object]]:
    """What the console's list shows: each person's last message, and since when they wait."""
    asked = urllib.request.Request(f"{server.url}/api/v1/conversations", headers={"authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
        return {row["name"]: (row["preview"], row["waiting_since"]) for row in json.load(answer)["items"]}


def until_more(town: Town, count: int) -> None:
    """Until so many more messages are answered."""

    def answered() -> int:
        return sum(len(told(person)) for person in town.people.values() if person.texts)

    before = answered()
    town.wait(lambda: answered() >= before + count)


@scenario
def test_an_upgrade_beside_the_old_release_loses_and_repeats_nothing(stage: Stage) -> str:
    """Old and new side by side on one database, the proxy's switch, and the end of the old one."""
    town = stage.town

    def machine(name: str, bot: str, database: str) -> AbstractContextManager[Server]:
        configure(stage.folder / name, town.running, bot=bot, database=database, quiet=0.1, lease=2)
        with (stage.folder / name / "turnkeeper.toml").open("a", encoding="utf-8") as config:
            config.write(READER)
        return serving(stage.folder / name)

    with stage.database() as database, machine("old", OLD, database) as old:
        connect(town.running, old)
        with Writers(town) as writers, machine("new", NEW, database) as new:
            until_more(town, 10)
            connect(town.running, new)
            until_more(town, 5)
            began = time.monotonic()
            assert old.stop() == 0
            took = time.monotonic() - began
            until_more(town, 5)
            writers.stop()
            town.judge(new)
            said = {name: (person.texts[-1], None) for name, person in town.people.items()}
            until(lambda: listed(new) == said, "right in the list", lambda: (listed(new), said))
            metrics = new.get("/metrics")[1].decode()
    assert 'turnkeeper_turns_total{channel="shop",outcome="committed"}' in metrics
    assert "Traceback" not in old.log()
    return f"the old release ended after {took:.1f} s"


def restored(stage: Stage, first: str, second: str) -> str:
    """A backup of a busy server, and what becomes of it on another machine once the first one is gone."""
    town, folder = stage.town, stage.folder
    one, other, target = folder / "one", folder / "other", folder / "saved.tar"
    configure(one, town.running, bot=THINKER, database=first, quiet=0.1, lease=1, send_limit=2, unknown_wait=1)
    configure(other, town.running, bot=THINKER, database=second, quiet=0.1, lease=1, send_limit=2, unknown_wait=1)
    with (other / "turnkeeper.toml").open("a", encoding="utf-8") as config:
        config.write(READER)
    with serving(one) as server:
        connect(town.running, server)
        town.write("ada", "before")
        town.write("eve", "very hard")
        town.wait(lambda: town.person("ada").texts == ["told: before"])
        until(lambda: done(one, "thinking very hard") == 1, "thinking")
        with Writers(town):
            until_more(town, 5)
            saved = command("backup", target, "--json", config=one)
            until_more(town, 5)
        town.wait(lambda: town.graph.webhooks.pending == 0)
        server.kill()
    back = command("restore", target, "--json", config=other)
    assert (back["accepted"], back["rows"], back["stopped"]) == (saved["accepted"], saved["rows"], ["shop"])
    again = town.person("ada").texts
    (other / "go").touch()
    with serving(other) as server:
        connect(town.running, server)
        sends = town.sends
        town.write("ada", "after")
        town.wait(lambda: town.graph.webhooks.pending == 0)
        time.sleep(0.5)  # a turn takes none of it
        assert server.ledger()["states"]["running"] > 0
        assert town.sends == sends, "sent before anybody said so"
        assert turnkeeper("channel", "resume", "shop", "--config", str(other / "turnkeeper.toml")).returncode == 0
        town.wait(lambda: town.person("ada").texts == [*again, "told: after"])
        town.wait(lambda: town.person("eve").texts == ["told: very hard"])
        # What was on its way in the snapshot is waited for as long as that is ago, then sent once more.
        found = server.settled(within=60.0)
        assert listed(server).keys() >= {"ada", "eve"}, "the list is in the backup"
        assert found["accepted"] == saved["accepted"] + 1
        assert server.stop() == 0
    assert done(other, "looked up very hard") == 0, "a stored result is never computed again"
    return f"{saved['accepted']} events in {saved['bytes']:,} bytes"


def command(name: str, path: Path, *arguments: str, config: Path) -> dict[str, Any]:
    """What a command tells as JSON."""
    ended = turnkeeper(name, str(path), *arguments, "--config", str(config / "turnkeeper.toml"))
    assert ended.returncode == 0, ended.stderr
    told: dict[str, Any] = json.loads(ended.stdout)
    return told


@scenario
def test_a_backup_on_sqlite_is_brought_back_elsewhere(stage: Stage) -> str:
    return restored(stage, "sqlite:///data.db", "sqlite:///data.db")


@scenario
def test_a_backup_on_postgresql_is_brought_back_elsewhere(stage: Stage) -> str:
    assert isinstance(stage.cluster, Cluster)
    with stage.database() as first:
        second = f"{stage.name[:50]}_2"
        stage.cluster.create(second)
        try:
            return restored(stage, first, stage.cluster.url(second))
        finally:
            stage.cluster.drop(second)
