"""What a server says of itself, by logs, reports and traces, whatever goes wrong: never a secret, a number, a name or
a word that somebody wrote."""

import base64
import json
import time
from pathlib import Path

from tests.e2e.real_server import Server, configure, connect, serving
from tests.e2e.scenarios import Stage, scenario
from tests.e2e.town import Town, until
from tests.support.ingest import Ingest, ingesting
from tests.support.postgres import Cluster
from tests.web.provider import envelope, message, signed
from turnkeeper.testing.fake_graph import FakeGraph, FakeNumber, Fault, Running, gateway_error, serve_in_thread

TOKEN, SECRET, VERIFY = "EAAhushTOKENhush1", "hush-app-secret-hush", "hush-verify-word-hush"
ENVIRONMENT = {"E2E_TOKEN": TOKEN, "E2E_SECRET": SECRET, "E2E_VERIFY": VERIFY, "SENTRY": ""}
WORDS = ("marzipan", "quicksilver", "bumblebee", "Ottokar", "Zwetschge")
"""In messages, in the bot's answers, in names: nothing of ours is called so."""
BOT = """
import logging
import os
from turnkeeper import Bot, Turn
bot = Bot("assistant")
own = logging.getLogger("my_bot")

async def look_up(text: str) -> str:
    if "look" in text:
        raise LookupError(f"not found:\\n{text}\\n")
    return "bumblebee"

@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    own.warning("calling with %s for %s", os.environ["E2E_TOKEN"], {"authorization": os.environ["E2E_SECRET"]})
    if "explode" in turn.text:
        raise ValueError(f"cannot understand\\n{turn.text} by {turn.contact}")
    found = await turn.step("look_up", look_up, turn.text)
    await turn.reply(f"told: {turn.text} {found}")
"""


def set_up(folder: Path, running: Running, ingest: Ingest, database: str) -> None:
    configure(folder, running, bot=BOT, database=database, quiet=0.1, unknown_wait=1)
    path = folder / "turnkeeper.toml"
    telling = f'sentry_dsn = "http://hushsentrykey@{ingest.url}/7"\notlp_endpoint = "http://{ingest.url}"\n'
    text = path.read_text().replace('log_level = "warning"\n', f'log_level = "debug"\n{telling}')
    path.write_text(text.replace("quiet = 0.1", "quiet = 0.1\nturn_retries = 0"), "utf-8")


def knock(server: Server) -> None:
    """Webhooks as strangers and as a provider gone mad send them."""
    body = envelope(message("marzipan by quicksilver", id="wamid.HBgLMTU1NTAwMDAwMDAVAgA="))
    assert server.post("/webhooks/shop", body, signed(body, "not " + SECRET)) == 401
    assert server.post(f"/webhooks/none?access_token={TOKEN}", body, signed(body, SECRET)) == 404
    assert server.get(f"/webhooks/shop?hub.mode=subscribe&hub.verify_token={VERIFY}x&hub.challenge=1")[0] == 403
    for mad in (body[:-20], body.replace(b'"text"', b'"tex"'), b'{"marzipan": "quicksilver"}', b'["marzipan'):
        assert server.post("/webhooks/shop", mad, signed(mad, SECRET)) in (200, 400)
    assert server.post("/webhooks/shop", body, {"x-hub-signature-256": TOKEN, "authorization": TOKEN}) == 401


def played(town: Town, server: Server, database: str, cluster: Cluster) -> None:
    """All that can go wrong with a message."""
    town.write("Ottokar Zwetschge", "marzipan, please")
    town.wait(lambda: len(town.person("Ottokar Zwetschge").texts) == 1)
    for words in ("explode, quicksilver", "look for marzipan"):
        town.write("Ottokar Zwetschge", words)
        count = len(town.person("Ottokar Zwetschge").texts)
        town.wait(lambda count=count: len(town.person("Ottokar Zwetschge").texts) > count)  # type: ignore[misc]
    knock(server)
    echo = f"{TOKEN} said marzipan to {town.person('Ottokar Zwetschge').identity.phone}"
    for fault in (Fault(code=131009, details=echo), gateway_error(), Fault(code=190, details=echo)):
        town.fail_next(fault)
    town.write("another", "quicksilver one")
    town.write("and another", "quicksilver two")
    town.wait(lambda: not town.graph.faults["send"])
    name = database.rpartition("/")[2]
    cluster.execute(
        f'alter database "{name}" with allow_connections false',
        f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'",
    )
    town.write("third", "bumblebee while it is away")
    time.sleep(0.5)
    cluster.execute(f'alter database "{name}" with allow_connections true')
    town.write("third", "bumblebee after it was away")
    until(lambda: b"turnkeeper_store_up 1.0" in server.get("/metrics")[1], "counted again")


def forbidden(town: Town) -> list[str]:
    phones = [person.identity.phone or "" for person in town.people.values()]
    coded = [base64.b64encode(phone.encode()).decode().rstrip("=")[:-2] for phone in phones]
    return [TOKEN, SECRET, VERIFY, "hushsentrykey", *WORDS, *phones, *coded]


@scenario
def test_no_secret_number_name_or_word_leaves_the_database(stage: Stage) -> None:
    folder = stage.folder
    graph = FakeGraph(SECRET, VERIFY, TOKEN, "http://127.0.0.1:1/", [FakeNumber("1000000001", waba_id="2000000001")])
    with stage.database() as database, ingesting() as ingest, serve_in_thread(graph) as running:
        town = Town(running)
        set_up(folder, running, ingest, database)
        with serving(folder, **ENVIRONMENT) as server:
            connect(running, server)
            assert isinstance(stage.cluster, Cluster)
            played(town, server, database, stage.cluster)
            metrics = server.get("/metrics")[1].decode()
            assert server.stop() == 0
            log = server.log()
        with serving(folder, **ENVIRONMENT) as again:  # says why the channel had been stopped
            assert again.stop() == 0
            log += again.log()
        told = b"\n".join(body for _, body in ingest.got).decode("utf-8", "replace")
        everything = log + metrics + told
        found = {word: line for word in forbidden(town) for line in everything.split("\n") if word in line}
        assert not found, found
        events = {json.loads(line).get("event") for line in log.splitlines() if line.startswith("{")}
        assert {"turn raised", "send failed", "the store is away; webhooks go into the spool"} <= events, events
        assert {
            value["type"] for report in ingest.reports() for value in report.get("exception", {}).get("values", ())
        } >= {"ValueError", "LookupError"}
        assert "channel shop sends nothing, stopped by error 190; " in log
        assert all(name in told for name in ("accept", "turn", "run", "look_up", "commit", "send"))
        assert 'turnkeeper_sends_total{channel="shop",kind="text",outcome="rejected"}' in metrics
