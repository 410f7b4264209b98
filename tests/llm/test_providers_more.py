"""Providers beside plain answers: files, JSON, citations, lists of models, vectors, and the ban on real ones."""

import json
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.llm.providers_rig import KINDS, PAPER, PICTURE, QUESTION, Rig, instructions, parts, question, read, words
from turnkeeper.app.logs import configure_logs
from turnkeeper.config import loads
from turnkeeper.config.keys import ServerKeys
from turnkeeper.config.providers import PROVIDER_KINDS, ProviderKeys
from turnkeeper.llm import base, prices
from turnkeeper.llm.providers import errors, permission, registry
from turnkeeper.llm.providers.config import ProviderConfig
from turnkeeper.model.errors import ConfigurationError, MediaUnavailable
from turnkeeper.model.llm import Attached, Citation, Said, Usage
from turnkeeper.testing.fake_models import Cite, FakeModels, Offered, error, says, vector
from turnkeeper.testing.loopback import serve_in_thread

FILES = Said("user", "What is this?", (PICTURE, PAPER))
SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    with serve_in_thread(FakeModels()) as here:
        yield Rig(here)


@pytest.fixture(autouse=True)
def _nothing_left(rig: Rig) -> None:
    rig.fake.asked.clear()
    rig.fake.listed.clear()
    rig.fake._scripts.clear()


# kind, model, whether it gets the picture, the paper
TAKES = [
    ("openai", "gpt-4.1-mini", True, True),
    ("azure", "gpt-4.1-mini", True, False),
    ("anthropic", "claude-haiku-4-5", True, True),
    ("google", "gemini-3.5-flash", True, True),
    ("openrouter", "openai/gpt-4.1-mini", True, True),
    ("openrouter", "deepseek/deepseek-chat", False, True),
    ("openai_compatible", "llama-3.1-8b", False, False),
]


@pytest.mark.parametrize("kind, name, picture, paper", TAKES, ids=[f"{row[0]}-{row[1]}" for row in TAKES])
async def test_files(rig: Rig, kind: str, name: str, picture: bool, paper: bool) -> None:
    async with rig.model(kind, name) as model:
        assert (model.takes_images, model.takes_documents) == (picture, paper)
        await model.ask(question(FILES), read)
    sent = [each for each in parts(rig.fake.last) if not set(each) & {"text"}]
    assert len(sent) == picture + paper
    assert ("[image: menu.png, 120 kB]" in words(rig.fake.last)) is not picture
    assert ("[document: terms.pdf, 90 kB]" in words(rig.fake.last)) is not paper
    assert "What is this?" in words(rig.fake.last)


async def test_what_a_model_takes_may_be_said_otherwise(rig: Rig) -> None:
    async with rig.provider("openai_compatible") as provider:
        model = provider.model("llava", images=True)  # type: ignore[call-arg]
        await model.ask(question(FILES), read)
    assert [each["type"] for each in parts(rig.fake.last)] == ["text", "image_url", "text"]


async def test_files_that_cannot_be_sent_are_told_in_words(rig: Rig) -> None:
    async def gone(file: Attached) -> bytes:
        if file is PICTURE:
            raise MediaUnavailable("gone")
        return b"x"

    big = Attached("k3", "image/jpeg", "poster.jpg", 9_000_000)
    sound = Attached("k4", "audio/ogg", "voice.ogg", 400)
    old = Said("assistant", "Here it is.", (PAPER,))
    async with rig.model("anthropic") as model:
        await model.ask(question(QUESTION, old, Said("user", "", (PICTURE, big, sound))), gone)
    assert {each["type"] for each in parts(rig.fake.last)} == {"text"}
    told = words(rig.fake.last)
    for line in (
        "[image: menu.png, 120 kB]",
        "[image: poster.jpg, 9.0 MB]",
        "[audio: voice.ogg, 1 kB]",
        "[document: terms.pdf, 90 kB]\nHere it is.",
    ):
        assert line in told


async def test_only_so_many_files_are_sent_the_newest_first(rig: Rig) -> None:
    many = [Attached(f"k{n}", "application/pdf", f"{n}.pdf", 6_000_000) for n in range(3)]
    async with rig.model("anthropic") as model:
        await model.ask(question(*(Said("user", f"File {n}", (each,)) for n, each in enumerate(many))), read)
    assert "[document: 0.pdf, 6.0 MB]" in words(rig.fake.last)
    assert sum(each["type"] == "document" for each in parts(rig.fake.last)) == 2


@pytest.mark.parametrize("kind", KINDS)
async def test_json(rig: Rig, kind: str) -> None:
    rig.fake.will('{"name": "Ada"}')
    async with rig.model(kind) as model:
        answer = await model.ask(question(json_schema=SCHEMA), read)
    assert json.loads(answer.text) == {"name": "Ada"}
    asked = rig.fake.last
    by_api = any(name in json.dumps(asked.body) for name in ("json_schema", "responseJsonSchema", "output_config"))
    assert by_api is (kind != "openai_compatible")
    assert ("JSON schema" in instructions(asked)) is (kind == "openai_compatible")


async def test_a_compatible_server_that_takes_a_schema(rig: Rig) -> None:
    async with rig.model("openai_compatible", structured=True) as model:
        await model.ask(question(json_schema=SCHEMA), read)
    assert rig.body["response_format"]["json_schema"]["schema"]["required"] == ["name"]


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_claude_cites_attached_documents(rig: Rig, streamed: bool) -> None:
    cites = (Cite("within 14 days", "14 days after delivery", 1), Cite(" for a fee", "A fee of 5 €", 0))
    rig.fake.will(says("You can return it ", cites=cites))
    other = Attached("k9", "application/pdf", "fees.pdf", 1_000)
    async with rig.model("anthropic", stream=streamed) as model:
        answer = await model.ask(question(Said("user", "Returns?", (other, PAPER))), read)
    documents = [each for each in parts(rig.fake.last) if each["type"] == "document"]
    assert [each["citations"] for each in documents] == [{"enabled": True}] * 2
    assert answer.text == "You can return it within 14 days for a fee"
    assert answer.citations == (
        Citation("terms.pdf", "14 days after delivery", end=32),
        Citation("fees.pdf", "A fee of 5 €", end=42),
    )


async def test_documents_and_a_schema_go_together(rig: Rig) -> None:
    async with rig.model("anthropic") as model:
        assert (await model.ask(question(FILES, json_schema=SCHEMA), read)).text == "Hello!"


@pytest.mark.parametrize("kind", KINDS)
async def test_the_list_of_models_and_when_they_end(rig: Rig, kind: str) -> None:
    rig.fake.offers[:] = [Offered("one", "Model One", "2027-02-26", 1000), Offered("two")]
    async with rig.provider(kind) as provider:
        one, two = await provider.models()
        assert (one.name, one.ends_at, two.ends_at) == ("one", None if kind == "google" else 1_803_600_000.0, None)
        assert one.context in (1000, None)
    async with rig.provider(kind, api_key="wrong-key-entirely") as provider:
        with pytest.raises(base.ModelMisconfigured, match=r"40[01]"):
            await provider.models()


@pytest.mark.parametrize("kind", KINDS)
async def test_vectors(rig: Rig, kind: str) -> None:
    async with rig.provider(kind) as provider:
        if kind == "anthropic":
            with pytest.raises(base.ModelMisconfigured, match="no embeddings"):
                await provider.embed("m", ["a"])
        else:
            assert await provider.embed("embedder", ["soup", "tea"]) == [vector("soup"), vector("tea")]
            assert await provider.embed("embedder", []) == []


async def test_many_vectors_take_several_calls(rig: Rig) -> None:
    texts = [f"text {n}" for n in range(101)]
    for kind in ("openai", "google"):
        rig.fake.listed.clear()
        async with rig.provider(kind) as provider:
            assert await provider.embed("embedder", texts) == [vector(each) for each in texts]
        assert len(rig.fake.listed) == 2


@pytest.mark.parametrize("kind, end", [("anthropic", "/v1"), ("google", "/v1beta"), ("azure", "/openai/v1/")])
async def test_an_address_may_be_written_with_its_version(rig: Rig, kind: str, end: str) -> None:
    async with rig.model(kind, base_url=rig.fake.base_url + end) as model:
        assert (await model.ask(question(), read)).text == "Hello!"


async def test_a_file_that_a_model_cannot_read_is_nobodys_mistake(rig: Rig) -> None:
    async with rig.model("anthropic") as model:
        for said, expected in ((FILES, base.FileRefused), (Said("user", "Hi"), base.ModelMisconfigured)):
            rig.fake.will(error(400, "messages.0.content.0: Could not process image", "bad"))
            with pytest.raises(base.ModelError) as raised:
                await model.ask(question(said), read)
            assert type(raised.value) is expected


TOML = """
[providers.mine]
kind = "openai_compatible"
base_url = "http://localhost:1/v1"
api_key = "env:MINE_KEY"
headers = {"X-Gateway" = "env:GATE_KEY", "X-Title" = "Our shop"}
"""


def test_a_providers_table(tmp_path: Path) -> None:
    settings = loads(TOML, tmp_path / "turnkeeper.toml", {"MINE_KEY": "mine-hush", "GATE_KEY": "gate-hush"})
    keys = settings.providers["mine"]
    assert isinstance(keys, ProviderKeys)
    config = keys.config("mine")
    assert (config.api_key, dict(config.headers)) == ("mine-hush", {"X-Gateway": "gate-hush", "X-Title": "Our shop"})
    assert {"mine-hush", "gate-hush"} <= settings.secrets & config.secrets
    assert "hush" not in repr(settings) + repr(config)


WRONG = [
    ("no key", 'kind = "openai"', "providers.mine.api_key: is missing"),
    ("an empty key", 'kind = "openai"\napi_key = ""', "providers.mine.api_key: is empty"),
    ("a broken key", 'kind = "openai"\napi_key = "sk a"', "holds a character that no token has"),
    ("no address", 'kind = "azure"\napi_key = "k"', "providers.mine.base_url: is missing"),
    ("no address of the web", 'kind = "openai_compatible"\nbase_url = "local"', "is not a plain http address"),
    ("another kind", 'kind = "opnai"\napi_key = "k"', 'Did you mean "openai"?'),
    ("a key of another kind", 'kind = "google"\napi_key = "k"\norganization = "o"', "is not a setting"),
    ("no version", 'kind = "azure"\napi_key = "k"\nbase_url = "http://a"\napi_version = "new"', "api_version"),
    ("a header", 'kind = "google"\napi_key = "k"\nheaders = {"X Y" = "a"}', "is not the name of a header"),
]


@pytest.mark.parametrize("label, text, problem", WRONG, ids=[row[0] for row in WRONG])
def test_what_is_wrong_with_a_provider(tmp_path: Path, label: str, text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        loads(f"[providers.mine]\n{text}\n", tmp_path / "turnkeeper.toml", {})
    assert problem in str(raised.value)


async def test_azure_by_a_dated_version(rig: Rig) -> None:
    async with rig.model("azure", "our deployment", api_version="2024-10-21") as model:
        assert (await model.ask(question(), read)).text == "Hello!"
    assert rig.fake.last.path == "/openai/deployments/our%20deployment/chat/completions"
    assert rig.fake.last.headers["api-key"] == rig.fake.key
    async with rig.provider("azure", api_version="2024-10-21") as provider:
        assert await provider.embed("our-embedder", ["soup"]) == [vector("soup")]


async def test_who_pays_at_openai(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-the-environment")
    async with rig.model("openai") as model:
        await model.ask(question(), read)
        assert "openai-organization" not in rig.fake.last.headers
    async with rig.model("openai", organization="org-1", project="proj_1") as model:
        await model.ask(question(), read)
        headers = rig.fake.last.headers
    assert (headers["openai-organization"], headers["openai-project"]) == ("org-1", "proj_1")


@pytest.fixture
def _logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.usefixtures("_logging")
@pytest.mark.parametrize("kind", KINDS)
async def test_libraries_log_no_word_of_anybody(rig: Rig, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(ServerKeys(log_level="debug"), "worker-1")
    rig.fake.will("There is marzipan.", error(500, "marzipan"))
    async with rig.model(kind) as model:
        await model.ask(question("Have you got marzipan?"), read)
        with pytest.raises(base.ModelAway):
            await model.ask(question("Have you got marzipan?"), read)
    logging.getLogger("turnkeeper.web").debug("the end")
    said = capsys.readouterr().err
    assert "the end" in said
    assert "marzipan" not in said


async def test_openrouters_names_have_a_maker(rig: Rig) -> None:
    async with rig.model("openrouter", "gpt-5-mini") as model:
        with pytest.raises(base.ModelMisconfigured, match="prefixed"):
            await model.ask(question(), read)


async def test_real_models_are_never_asked_in_tests() -> None:
    assert os.environ[permission.VARIABLE] == "1", "tests/conftest.py says so"
    for kind, keys in PROVIDER_KINDS.items():
        given = {"kind": kind, "api_key": "sk-real", "base_url": "https://models.example.com"}
        provider = registry.open_provider(keys.model_validate(given).config("real"))
        try:
            for asking in (provider.model("a/b").ask(question(), read), provider.models()):
                with pytest.raises(permission.RealModelForbidden, match=r"models\.example\.com"):
                    await asking
            default = keys.model_fields["base_url"].default
            if default == "":
                own = registry.open_provider(keys.model_validate({"kind": kind, "api_key": "sk-real"}).config("real"))
                with pytest.raises(permission.RealModelForbidden):
                    await own.model("a/b").ask(question(), read)
                await own.close()
        finally:
            await provider.close()


HERE = [
    ("http://127.0.0.1:1/v1", True),
    ("http://localhost:1/v1", True),
    ("http://[::1]:1/v1", True),
    ("https://api.openai.com/v1", False),
    ("http://127.0.0.1.example.com", False),
    ("http://10.0.0.1", False),
    ("", False),
]


@pytest.mark.parametrize("address, allowed", HERE)
def test_which_addresses_are_this_machines(monkeypatch: pytest.MonkeyPatch, address: str, allowed: bool) -> None:
    if allowed:
        permission.check(address)
    else:
        with pytest.raises(permission.RealModelForbidden):
            permission.check(address)
    monkeypatch.setenv(permission.VARIABLE, "0")
    permission.check(address)


def test_every_kind_has_keys_and_an_adapter() -> None:
    assert tuple(PROVIDER_KINDS) == registry.kinds()
    with pytest.raises(ConfigurationError, match="no provider is of kind 'groq'"):
        registry.open_provider(ProviderConfig(kind="groq"))


SOURCES = Path(__file__).parents[2] / "src" / "turnkeeper"
LIGHT = {"__init__", "config", "later", "permission", "registry", "takes"}
HEAVY = re.compile(r"^\s*(?:from|import) (?:pydantic_ai|openai|anthropic|google)\b", re.MULTILINE)


def test_the_library_is_imported_by_adapters_only() -> None:
    """It takes seconds and tens of megabytes: nobody has them who uses no model."""
    adapters = SOURCES / "llm" / "providers"
    found = {path for path in SOURCES.rglob("*.py") if HEAVY.search(path.read_text("utf-8"))}
    assert len(found) > 8
    assert not {path for path in found if path.parent != adapters or path.stem in LIGHT}


def test_one_adapter_knows_no_other_and_no_other_family() -> None:
    """Whoever asks Claude only, loads Anthropic's library only."""
    adapters = SOURCES / "llm" / "providers"
    kinds = "|".join(registry.kinds())
    sibling = re.compile(rf"turnkeeper\.llm\.providers\.({kinds})\b")
    shared = {path.stem for path in adapters.glob("*.py")} - set(registry.kinds())
    for path in adapters.glob("*.py"):
        text = path.read_text("utf-8")
        assert not sibling.search(text), path.name
        if path.stem in {"anthropic", "google"} | shared - {"chat_completions"}:
            assert "chat_completions" not in text, path.name
            assert not re.search(r"^from openai\b", text, re.MULTILINE), path.name


WAITS = [
    ({"retry-after": "7"}, 7.0),
    ({"retry-after": "0.5"}, 0.5),
    ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
    ({"retry-after": "Fri, 20 Nov 2026 11:00:30 GMT", "date": "Fri, 20 Nov 2026 11:00:00 GMT"}, 30.0),
    ({"retry-after": "Fri, 20 Nov 2026 10:00:00 GMT", "date": "Fri, 20 Nov 2026 11:00:00 GMT"}, 0.0),
    ({"retry-after": "soon"}, None),
    ({}, None),
]


@pytest.mark.parametrize("headers, expected", WAITS)
def test_how_long_to_wait(headers: dict[str, str], expected: float | None) -> None:
    assert errors.retry_after(headers) == expected


COSTS = [
    ("by the name", "openai", ["gpt-4.1-mini"], "", True),
    ("by the second name", "openai", ["our-model", "gpt-4.1-mini"], "", True),
    ("unknown model", "openai", ["our-model"], "", False),
    ("by the address", "openai_compatible", ["gpt-4.1-mini"], "https://api.openai.com/v1", True),
    ("unknown address", "openai_compatible", ["gpt-4.1-mini"], "http://localhost:1/v1", False),
    ("no address", "openai_compatible", ["gpt-4.1-mini"], "", False),
]


@pytest.mark.parametrize("label, kind, names, address, known", COSTS, ids=[row[0] for row in COSTS])
def test_what_a_call_cost(label: str, kind: str, names: list[str], address: str, known: bool) -> None:
    cost = prices.cost(Usage(1_000_000, 0), kind, names, address)
    assert cost == (pytest.approx(0.4) if known else None)
    assert prices.cost(Usage(), kind, names, address) is None
