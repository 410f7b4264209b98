"""The example of the imported flow, in real processes, on WAHA: its owner, its models, its second number."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.e2e.real_server import Server, serving
from tests.e2e.scenarios import Stage, scenario
from tests.e2e.test_owner import taken
from tests.e2e.town import rows, until
from turnkeeper.testing.fake_models import FakeModels, error, says
from turnkeeper.testing.fake_waha import FakeWaha, Person
from turnkeeper.testing.loopback import Running, serve_in_thread

EXAMPLE = Path(__file__).parents[2] / "examples/muse"
KEY, HMAC = "waha-key-0123456789", "waha-hmac-0123456789-0123456789"
OWNER, TESTER, ADA = "60111111111", "60122222222", "60133333333"
SORRY = "Maaf, saya mengalami kendala teknis. Silakan coba lagi nanti."
WELCOME = [
    "Hai Ada! 🍯 Selamat datang di *Madu Asli*.\nTulis *harga*, *pesan*, atau tanya apa saja.",
    "Katalog kami",
]
PRICES = "*Harga madu*\n- 500 g: RM 45\n- 1 kg: RM 80"
ORDER = "Siap! Tulis nama dan alamat lengkap Anda."
THANKS = "Terima kasih! Madu kami kirim ke:\nJalan Ampang 1, Kuala Lumpur"


def made_short(folder: Path) -> None:
    """Nobody in a test may look up the shop's website, so its picture is left out; and the delay is none."""
    drawn = json.loads((folder / "madu.json").read_bytes())
    (node,) = [each for each in drawn["nodes"] if "media" in each["data"]]
    del node["data"]["media"]
    (delay,) = [each for each in drawn["nodes"] if each["type"] == "delay"]
    delay["data"]["seconds"] = 0.1
    (folder / "madu.json").write_text(json.dumps(drawn), "utf-8")


class Muse:
    """One server, its two numbers, and the models that it asks."""

    def __init__(self, server: Server, shops: dict[str, Running[FakeWaha]], models: Running[FakeModels]) -> None:
        self.server, self.shops, self.models = server, shops, models
        self.people: dict[str, tuple[str, Person]] = {}

    def person(self, name: str, phone: str, shop: str = "toko") -> Person:
        made = self.shops[shop].call(self.shops[shop].fake.person(phone, name=name))
        self.people[name] = (shop, made)
        return made

    def write(self, name: str, *texts: str) -> None:
        shop, person = self.people[name]
        for text in texts:
            self.shops[shop].call(person.write(text))

    def types(self, name: str, text: str) -> None:
        """The owner does, on the connected phone, in somebody's chat."""
        shop, person = self.people[name]
        self.shops[shop].call(self.shops[shop].fake.owner.write(person, text))
        taken(self.server.folder, text)

    def got(self, name: str) -> list[str]:
        shop, person = self.people[name]
        return self.shops[shop].now(lambda: person.texts)

    def wait(self, name: str, *texts: str) -> None:
        """Until these are all that somebody has got."""
        until(lambda: self.got(name) == list(texts), f"{texts}: {self.got(name)}")

    def answers(self, *answers: Any) -> None:
        self.models.now(lambda: self.models.fake.will(*answers))


@contextmanager
def muse(folder: Path) -> Iterator[Muse]:
    with (
        serve_in_thread(FakeWaha(KEY, "toko")) as toko,
        serve_in_thread(FakeWaha(KEY, "agen")) as agen,
        serve_in_thread(FakeModels(default=says("?"))) as models,
    ):
        shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
        made_short(folder)
        config = folder / "turnkeeper.toml"
        config.write_text(config.read_text("utf-8").replace("muse.db", "data.db"), "utf-8")
        models.fake.base_url = models.base_url
        environ = {
            "WAHA_KEY": KEY,
            "WAHA_HMAC": HMAC,
            "OWNER_NUMBER": f"+{OWNER}",
            "TESTER_NUMBER": f"+{TESTER}",
            "OPENROUTER_API_KEY": models.fake.key,
            "TURNKEEPER_SERVER__PORT": "0",
            "TURNKEEPER_SERVER__LOG_LEVEL": "warning",
            "TURNKEEPER_WORKERS__COUNT": "1",
            "TURNKEEPER_WORKERS__LEASE": "1s",
            "TURNKEEPER_CHANNELS__TOKO__BASE_URL": toko.base_url,
            "TURNKEEPER_CHANNELS__AGEN__BASE_URL": agen.base_url,
            "TURNKEEPER_CHANNELS__TOKO__TYPING": "off",
            "TURNKEEPER_CHANNELS__AGEN__TYPING": "off",
            "TURNKEEPER_BOTS__MADU__QUIET": "1s",  # two messages are one turn, on a busy machine too
            "TURNKEEPER_BOTS__AGEN__QUIET": "0.3s",
            "TURNKEEPER_PROVIDERS__ROUTER__BASE_URL": models.fake.address("openrouter"),
        }
        with serving(folder, **environ) as server:
            for name, shop in (("toko", toko), ("agen", agen)):
                shop.fake.hook(f"{server.url}/webhooks/{name}", hmac=HMAC)
            yield Muse(server, {"toko": toko, "agen": agen}, models)


@scenario
def test_a_shop_whose_flow_was_imported(stage: Stage) -> None:
    with muse(stage.folder) as m:
        ada = m.person("Ada", ADA)
        m.write("Ada", "halo", "kak")
        m.wait("Ada", *WELCOME)
        heard = list(WELCOME)

        def goes_on(*texts: str) -> None:
            heard.extend(texts)
            m.wait("Ada", *heard)

        m.write("Ada", "Harga?")
        goes_on(PRICES)
        until(lambda: rows(stage.folder, "read") == 3, "three blue ticks")
        _models(m, goes_on)
        _owner(m, heard, goes_on)
        m.write("Ada", "saya mau pesan")
        goes_on(ORDER)
        m.write("Ada", "Jalan Ampang 1, Kuala Lumpur")
        goes_on(THANKS)
        _second_number(m)
        assert Counter(ada.texts) == Counter(heard), "nobody is told anything twice"
        said = len(heard) - 2 + len(m.got("Bo"))  # "cmd" and "dmc" were the owner's
        until(lambda: rows(stage.folder, "read") == said, "all that was said is read, and nothing failed")
        m.person("Cy", TESTER)
        m.write("Cy", "halo")
        until(lambda: len(m.got("Cy")) == 2, "welcomed")
        m.write("Cy", "DELETE")
        until(lambda: m.got("Cy")[2:] == ["Sudah Delete Data Anda"], "erased")
        assert rows(stage.folder, "failed") == 0


def _models(m: Muse, goes_on: Any) -> None:
    m.answers(says("Ya, *asli* dari hutan."))
    m.write("Ada", "asli?")
    goes_on("Ya, _asli_ dari hutan.")
    asked = m.models.fake.last.body
    assert "Toko: Madu hutan asli" in str(asked["messages"][0])
    assert asked["messages"][-1]["content"] == "asli?"
    m.answers(error(500, "down"), error(500, "down"))
    m.write("Ada", "yakin?")
    goes_on(SORRY)


def _owner(m: Muse, heard: list[str], goes_on: Any) -> None:
    folder = m.server.folder
    m.types("Ada", "cmd")
    m.write("Ada", "ada orang?")
    taken(folder, "ada orang?")
    heard.append("cmd")
    m.types("Ada", "dmc")
    heard.append("dmc")
    m.write("Ada", "harga")
    goes_on(PRICES)
    m.person("Boss", OWNER)
    m.write("Boss", f"/{ADA}")
    taken(folder, f"/{ADA}")
    m.write("Ada", "halo?")
    taken(folder, "halo?")
    m.write("Boss", f"?{ADA}")
    taken(folder, f"?{ADA}")
    m.answers(says("Ada yang bisa dibantu?"))
    m.write("Boss", f"#{ADA}")
    goes_on("Ada yang bisa dibantu?")
    assert str(m.models.fake.last.body["messages"][-1]["content"]).endswith("Teruskan")
    assert m.got("Boss") == []


def _second_number(m: Muse) -> None:
    response = [
        {"type": "text", "content": "Hai Bo!", "Jenis": "onemessage"},
        {"type": "text", "content": "Komisi *20 %*.", "Jenis": "onemessage"},
    ]
    m.answers(says(json.dumps({"Stage": "Welcome Message", "Detail": "", "Response": response})))
    m.person("Bo", "60144444444", "agen")
    m.write("Bo", "mau jadi agen")
    m.wait("Bo", "Hai Bo!\nKomisi *20 %*.")
    assert "Welcome Message" in str(m.models.fake.last.body["messages"][0])
