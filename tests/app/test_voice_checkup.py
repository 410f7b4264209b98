"""What the doctor says of transcribers, against the fake."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from turnkeeper.app import voice_checkup
from turnkeeper.app.link import Link
from turnkeeper.app.voice_checkup import examine_transcribers
from turnkeeper.config import load
from turnkeeper.testing.fake_models.fake import Offered
from turnkeeper.testing.fake_transcribers import FakeTranscribers
from turnkeeper.testing.loopback import serve_in_thread

NOW = datetime(2026, 11, 20, tzinfo=UTC).timestamp()


@pytest.fixture(scope="module")
def served() -> Iterator[FakeTranscribers]:
    with serve_in_thread(FakeTranscribers()) as running:
        yield running.fake


@pytest.fixture
def fake(served: FakeTranscribers) -> FakeTranscribers:
    served.offers, served.lists = [Offered("some-transcribe"), Offered("words-only")], True
    return served


async def look(folder: Path, text: str) -> Link:
    path = folder / "turnkeeper.toml"
    path.write_text(text, "utf-8")
    (link,) = await examine_transcribers(load(path, {}), NOW)
    return link


def table(fake: FakeTranscribers, kind: str = "openai", model: str = "some-transcribe", key: str = "") -> str:
    keys = f'api_key = "{key or fake.key}"\nbase_url = "{fake.address(kind)}"\nmodel = "{model}"'
    return f'[transcribers.cloud]\nkind = "{kind}"\n{keys}\n'


async def test_one_that_works(tmp_path: Path, fake: FakeTranscribers) -> None:
    link = await look(tmp_path, table(fake))
    assert (link.link, link.state) == ("transcriber cloud", "ok")


# label, kind, model, key, what is offered, state, words of the detail and the mend
SERVICES = [
    ("a wrong key", "openai", "some-transcribe", "sk-other", {}, "broken", "transcribers.cloud.api_key"),
    ("a model that is not there", "openai", "some-transcrib", "", {}, "broken", 'Did you mean "some-transcribe"?'),
    ("one that ends soon", "openai", "m", "", {"m": "2027-01-15"}, "warning", "is switched off on 2027-01-15"),
    ("one that ends later", "openai", "m", "", {"m": "2027-11-15"}, "ok", "until 2027-11-15"),
    ("one that has ended", "openai", "m", "", {"m": "2026-11-15"}, "broken", "was switched off on 2026-11-15"),
    ("a deployment", "azure", "ours", "", {}, "unknown", "turnkeeper voice transcribe FILE --with cloud"),
    ("a local server", "openai_compatible", "some-transcribe", "", {}, "ok", "offers some-transcribe"),
]


@pytest.mark.parametrize("label, kind, model, key, offers, state, said", SERVICES, ids=[row[0] for row in SERVICES])
async def test_a_service(
    tmp_path: Path,
    fake: FakeTranscribers,
    label: str,
    kind: str,
    model: str,
    key: str,
    offers: dict[str, str],
    state: str,
    said: str,
) -> None:
    fake.offers += [Offered(name, ends=ends) for name, ends in offers.items()]
    link = await look(tmp_path, table(fake, kind, model, key))
    assert (link.state, said in f"{link.detail} {link.mend}") == (state, True)


async def test_a_server_without_a_list(tmp_path: Path, fake: FakeTranscribers) -> None:
    fake.lists = False
    assert (await look(tmp_path, table(fake, "openai_compatible"))).state == "unknown"
    assert (await look(tmp_path, table(fake))).state == "broken"


async def test_one_that_is_not_there(tmp_path: Path, fake: FakeTranscribers) -> None:
    link = await look(tmp_path, table(fake).replace(fake.base_url, "http://127.0.0.1:9"))
    assert (link.state, "base_url" in link.mend) == ("broken", True)


def installed(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    monkeypatch.setattr(voice_checkup, "find_spec", lambda name: object() if name in names else None)


BOT = '[bots.b]\nkind = "python"\nentry = "m:bot"\ntranscribe = ["builtin"]\n'


async def test_the_built_in_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, "av", "moonshine_voice")
    assert (await look(tmp_path, BOT)).state == "ok"
    installed(monkeypatch, "av")
    link = await look(tmp_path, BOT)
    assert (link.link, link.state) == ("transcriber builtin", "broken")
    assert 'pip install "turnkeeper[voice]"' in link.mend
    assert (await look(tmp_path, '[transcribers.slow]\nkind = "moonshine"\n')).state == "broken"


async def test_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[transcribers.here]\nkind = "faster_whisper"\nfolder = "models/small"\n'
    installed(monkeypatch)
    assert "pip install faster-whisper" in (await look(tmp_path, text)).mend
    installed(monkeypatch, "faster_whisper")
    assert "there is no model.bin and no tokenizer.json" in (await look(tmp_path, text)).detail
    folder = tmp_path / "models/small"
    folder.mkdir(parents=True)
    for name in ("model.bin", "tokenizer.json"):
        (folder / name).write_bytes(b"")
    assert (await look(tmp_path, text)).state == "ok"


async def test_nobody_who_is_not_asked(tmp_path: Path) -> None:
    path = tmp_path / "turnkeeper.toml"
    path.write_text('[bots.b]\nkind = "python"\nentry = "m:bot"\n', "utf-8")
    assert await examine_transcribers(load(path, {}), NOW) == []
