"""Try Kaiwa without an account: fakes of WhatsApp, Razorpay and the models, the server, and Ana, who books and pays.

python try_it.py
"""

import asyncio
import os
import re
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

from turnkeeper.testing.fake_graph import FakeGraph, FakeNumber
from turnkeeper.testing.fake_graph.people import Person
from turnkeeper.testing.fake_models import FakeModels, says
from turnkeeper.testing.fake_razorpay import FakeRazorpay
from turnkeeper.testing.loopback import running

HERE = Path(__file__).parent
ANSWER = "Ten people whom you do not know yet. (A fake model: it has one answer.)"
TAPS = ("Book a seat", "Sat", "2", "Vegetarian", "Pay")


def environment(graph: FakeGraph, razorpay: FakeRazorpay, models: FakeModels) -> dict[str, str]:
    """What turnkeeper.toml reads from the environment, and the fakes in place of the services."""
    return {
        "WHATSAPP_TOKEN": graph.access_token,
        "WHATSAPP_SECRET": "secret",
        "WHATSAPP_VERIFY": graph.verify_token,
        "RAZORPAY_KEY_ID": razorpay.key_id,
        "RAZORPAY_KEY_SECRET": razorpay.key_secret,
        "RAZORPAY_WEBHOOK_SECRET": razorpay.webhook_secret,
        "AZURE_OPENAI_ENDPOINT": models.address("azure"),
        "AZURE_OPENAI_API_KEY": models.key,
        "ANTHROPIC_API_KEY": models.key,
        "TEAM_WEBHOOK": "http://127.0.0.1:9/nobody",
        "TEAM_SECRET": "of-the-team-0123456789",
        "WEBSITE_TOKEN": "of-the-website-0123456789",
        "WEBSITE_SECRET": "of-the-website-9876543210",
        "TURNKEEPER_SERVER__PORT": "0",
        "TURNKEEPER_SERVER__LOG_LEVEL": "warning",
        "TURNKEEPER_CHANNELS__WHATSAPP__API_BASE": graph.base_url,
        "TURNKEEPER_PROVIDERS__CLAUDE__BASE_URL": models.address("anthropic"),
        "TURNKEEPER_PAYMENTS__RAZORPAY__API_BASE": razorpay.base_url,
    }


async def tap(ana: Person, title: str) -> None:
    """Tap a button or a row, the first that begins so, of what was said last."""
    asked = ana.received[-1].body["interactive"]["action"]
    rows = [row for section in asked.get("sections", ()) for row in section["rows"]]
    for choice in (*rows, *(each["reply"] for each in asked.get("buttons", ()))):
        if choice["title"].startswith(title):
            print(f"Ana:   [{choice['title']}]")
            await (ana.choose if rows else ana.press)(choice["id"], choice["title"])
            return


async def talk(graph: FakeGraph, razorpay: FakeRazorpay) -> None:
    """Ana asks, books, and pays."""
    ana = await graph.person("919800000001", name="Ana")
    for said in ("hi", "Who will be there?", *TAPS):
        if said in TAPS:
            await tap(ana, said)
        else:
            print(f"Ana:   {said}")
            await ana.write(said)
        heard = await ana.next_message(len(ana.received), within=30)
        print(f"Kaiwa: {heard.text}")
    link = ana.received[-1].body["interactive"]["action"]["parameters"]["url"]
    print(f"Ana:   pays at {link}")
    await razorpay.pay(link)
    print(f"Kaiwa: {(await ana.next_message(len(ana.received), within=30)).text}")


async def main(environ: Mapping[str, str] = os.environ) -> None:
    """Start everything, let them talk, and stop."""
    graph = FakeGraph("secret", "verify", "token", "http://127.0.0.1:9/", [FakeNumber("1000000001")])
    for each in tomllib.loads((HERE / "templates.toml").read_text("utf-8"))["templates"]:
        graph.templates.add(each["name"], each["language"], body=each["body"])
    razorpay, models = FakeRazorpay(), FakeModels(default=says(ANSWER))
    with tempfile.TemporaryDirectory() as folder:
        async with running(graph), running(razorpay), running(models):
            own = {"TURNKEEPER_DATABASE__URL": f"sqlite:///{folder}/kaiwa.db", "TURNKEEPER_MEDIA__URL": folder}
            server = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "turnkeeper", "serve", "-c", str(HERE / "turnkeeper.toml")),
                stdout=asyncio.subprocess.PIPE,
                env={**environ, **environment(graph, razorpay, models), **own},
            )
            try:
                url = await address(server)
                graph.webhooks.url = f"{url}/webhooks/whatsapp"
                razorpay.webhook_url = f"{url}/webhooks/payments/razorpay"
                await talk(graph, razorpay)
            finally:
                if server.returncode is None:
                    server.terminate()
                await server.wait()


async def address(server: asyncio.subprocess.Process) -> str:
    """Where it listens, once it is ready."""
    assert server.stdout is not None
    async for line in server.stdout:
        if b"ready" in line and (found := re.search(rb"http://\S+", line)):
            return found[0].decode()
    raise SystemExit("The server did not start.")


if __name__ == "__main__":
    asyncio.run(main())
