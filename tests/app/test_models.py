"""From a configuration to bots that think: what is made, and what stops the start."""

import gc
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from turnkeeper import app
from turnkeeper.app import models
from turnkeeper.app.checkup import examine
from turnkeeper.app.database import migrate_store, reached
from turnkeeper.app.models import AsConfigured, Minds, examined, opened
from turnkeeper.bots.agent import AgentBot
from turnkeeper.config import load
from turnkeeper.engine.watching import Watch
from turnkeeper.llm.base import ChatModel
from turnkeeper.llm.providers import registry
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.knowledge import DocumentRow, Passage
from turnkeeper.model.llm import ChatRequest, Said
from turnkeeper.testing.models import ScriptedModel
from turnkeeper.testing.virtual_time import VirtualClock

PROVIDER = """
[providers.local]
kind = "openai_compatible"
base_url = "http://127.0.0.1:1/v1"
[providers.other]
kind = "openai_compatible"
base_url = "http://127.0.0.1:2/v1"
"""
AGENT = """
[bots.helper]
kind = "agent"
prompt = "Help {{contact.name}}."
models = ["local/small", {model = "other/large", tools = false, timeout = "5s", images = true}]
summary_model = "local/tiny"
tools = ["my_tools:look_up", "handover"]
facts = { budget = "number" }
tool_rounds = 2
daily_cost = 1.5
"""
TOOLS = '''
def look_up(day: str) -> str:
    """What is on that day."""
    return day
'''


class Local:
    """A provider that is not opened."""

    def __init__(self, config: Any) -> None:
        self.config = config
        self.asked: list[tuple[str, bool | None]] = []
        self.closed = 0

    def model(self, name: str, images: bool | None = None, documents: bool | None = None) -> ChatModel:
        self.asked.append((name, images))
        return ScriptedModel("Hello!", takes_images=bool(images), takes_documents=bool(documents))

    async def close(self) -> None:
        self.closed += 1


def written(folder: Path, text: str, tools: str = TOOLS) -> Path:
    (folder / "my_tools.py").write_text(tools, "utf-8")
    path = folder / "turnkeeper.toml"
    path.write_text(text, "utf-8")
    return path


@pytest.fixture(autouse=True)
def _own_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(__import__("sys").modules, "my_tools", raising=False)


async def test_an_agent_is_made_of_its_settings(tmp_path: Path) -> None:
    settings = load(written(tmp_path, PROVIDER + AGENT))
    opened: list[Local] = []

    def open_provider(config: object) -> Local:
        opened.append(Local(config))
        return opened[-1]

    minds = Minds(settings, lambda: 0.0, AsConfigured(), open_provider)  # type: ignore[arg-type]
    bot = app.load_bots(settings, None, minds)["helper"]
    assert isinstance(bot, AgentBot)
    thinking = bot._thinking
    assert [str(choice) for choice in thinking.chain.choices] == ["local/small", "other/large"]
    assert [choice.settings.timeout for choice in thinking.chain.choices] == [30.0, 5.0]
    assert [tool.spec.name for tool in thinking.tools] == ["look_up", "handover", "remember"]
    assert (thinking.caps.tool_rounds, thinking.caps.day_cost) == (2, 1.5)
    assert (thinking.images, thinking.documents) == (True, False)
    assert [provider.asked for provider in opened] == [[("small", None), ("tiny", None)], [("large", True)]]
    assert [provider.config.base_url for provider in opened] == ["http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1"]
    await minds.close()
    assert [provider.closed for provider in opened] == [1, 1]


async def test_every_call_of_a_model_is_counted(tmp_path: Path) -> None:
    settings = load(written(tmp_path, PROVIDER + AGENT))
    watch = Watch(VirtualClock())
    minds = Minds(settings, lambda: 0.0, AsConfigured(), Local, watch=watch)  # type: ignore[arg-type]
    bot = app.load_bots(settings, None, minds)["helper"]
    assert isinstance(bot, AgentBot)
    assert bot._remembering is not None
    for chain in (bot._thinking.chain, bot._remembering._chain):
        assert (await chain.aside(ChatRequest("", (Said("user", "hi"),)), 5.0)).text == "Hello!"
    answered = {("local", model, "answered"): 1 for model in ("small", "tiny")}
    assert watch.figures.models == answered
    assert watch.figures.tokens["local", "small", "input"] == 10


def test_the_version_is_that_of_the_settings_and_of_the_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(text: str) -> str:
        return app.load_bots(load(written(tmp_path, text)))["helper"].version

    whole = PROVIDER + AGENT
    assert version(whole) == version(whole)
    assert version(whole) != version(whole.replace("tool_rounds = 2", "tool_rounds = 3"))
    assert version(whole) != version(whole.replace('"Help ', '"Serve '))
    before = version(whole)
    monkeypatch.setattr(models, "__version__", "99.0")
    assert version(whole) != before


def test_an_examination_opens_no_provider_and_imports_no_library(tmp_path: Path) -> None:
    import sys

    before = "pydantic_ai" in sys.modules
    minds = examined(load(written(tmp_path, PROVIDER + AGENT)))
    assert not minds._providers
    assert ("pydantic_ai" in sys.modules) == before


async def test_what_bots_ask_first_is_loaded_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    def open_provider(config: Any) -> Local:
        assert not gc.isenabled(), "it would look through what is half imported, and hold up the loop"
        loaded.append(config.name)
        return Local(config)

    monkeypatch.setattr(registry, "open_provider", open_provider)
    clock = VirtualClock()
    settings = load(written(tmp_path, PROVIDER + AGENT.replace("local/tiny", "other/tiny")))
    minds = opened(settings, clock, AsConfigured(), None, Watch(clock))  # type: ignore[arg-type]
    bot = app.load_bots(settings, None, minds)["helper"]
    assert isinstance(bot, AgentBot)
    assert (bot._thinking.images, bot._thinking.documents) == (True, False), "known without a library"
    assert not loaded
    await minds.load()
    assert loaded == ["local"]
    assert gc.isenabled()
    gc.unfreeze()
    chain = bot._thinking.chain.preferring("large")
    assert chain is not None
    assert (await chain.aside(ChatRequest("", (Said("user", "hi"),)), 5.0)).text == "Hello!"
    assert loaded == ["local", "other"]
    gc.unfreeze()
    await minds.close()


async def test_a_library_that_cannot_be_loaded_is_told_before_anybody_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def open_provider(config: Any) -> Local:
        raise ImportError("libssl is too old")

    monkeypatch.setattr(registry, "open_provider", open_provider)
    clock = VirtualClock()
    settings = load(written(tmp_path, PROVIDER + AGENT))
    minds = opened(settings, clock, AsConfigured(), None, Watch(clock))  # type: ignore[arg-type]
    app.load_bots(settings, None, minds)
    with capture_logs() as told:
        await minds.load()
    gc.unfreeze()
    assert [(each["event"], each["provider"]) for each in told] == [("provider must be mended", "local")]
    assert "libssl is too old" in told[0]["shown"]
    await minds.close()


@pytest.mark.parametrize("opening", [True, False], ids=["the worker", "serve and the doctor"])
def test_a_library_that_is_not_installed_stops_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, opening: bool
) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda _: None)
    settings = load(written(tmp_path, PROVIDER + AGENT))
    minds = Minds(settings, lambda: 0.0, AsConfigured(), Local if opening else None)  # type: ignore[arg-type]
    with pytest.raises(ConfigurationError, match=r"providers\.local\.kind: needs pydantic_ai"):
        app.load_bots(settings, None, minds)


@pytest.mark.parametrize(
    ("label", "old", "new", "key", "problem"),
    [
        ("no such provider", '"local/small"', '"lokal/small"', "bots.helper.models", 'there is no provider "lokal"'),
        ("no such tool", '"handover"', '"handovr"', "bots.helper.tools", 'there is no tool "handovr"'),
        ("no such module", "my_tools:", "no_tools:", "bots.helper.tools", "there is no module no_tools"),
        ("no such function", ":look_up", ":look_down", "bots.helper.tools", "'my_tools:look_down' is nothing"),
        ("no time zone", "tool_rounds = 2", 'timezone = "Asia/Nowhere"', "bots.helper.timezone", "is not a time zone"),
        (
            "no prompt file",
            '"Help {{contact.name}}."',
            '"file:none.md"',
            "bots.helper.prompt",
            "none.md cannot be read",
        ),
        ("no such summary model", '"local/tiny"', '"lokal/tiny"', "bots.helper.summary_model", "there is no provider"),
    ],
)
def test_what_cannot_be_made_stops_the_start(
    tmp_path: Path, label: str, old: str, new: str, key: str, problem: str
) -> None:
    assert old in AGENT
    with pytest.raises(ConfigurationError) as wrong:
        app.load_bots(load(written(tmp_path, PROVIDER + AGENT.replace(old, new))))
    assert wrong.value.key == key, label
    assert problem in wrong.value.problem
    assert wrong.value.mend


async def test_the_doctor_names_what_a_prompt_names_in_vain(tmp_path: Path) -> None:
    path = written(tmp_path, PROVIDER + AGENT.replace("contact.name", "contact.nam"))
    (link,) = [link for link in await examine(path) if link.link == "bot helper"]
    assert (link.state, link.detail) == ("broken", "its prompt names {{contact.nam}}, which is nothing")
    assert "contact.name" in link.mend
    assert "facts.budget" in link.mend


KNOWING = """
[knowledge.help]
folder = "docs"
embeddings = "local/vectors"
[knowledge.theirs]
workspace = "theirs"
[bots.helper]
kind = "agent"
knowledge = ["help", "theirs"]
"""


class Embedding(Local):
    """One whose vectors are all the same."""

    def __init__(self, config: object) -> None:
        super().__init__(config)
        self.embedded: list[tuple[str, int]] = []

    async def embed(self, model: str, texts: list[str]) -> list[list[float]]:
        self.embedded.append((model, len(texts)))
        return [[1.0, -1.0] for _ in texts]


async def test_a_bot_looks_things_up_in_the_bases_that_it_names(tmp_path: Path) -> None:
    settings = load(written(tmp_path, PROVIDER + KNOWING))
    opened: list[Embedding] = []

    def open_provider(config: object) -> Embedding:
        opened.append(Embedding(config))
        return opened[-1]

    await migrate_store(settings)
    async with reached(settings) as store:
        for workspace in ("default", "theirs"):
            name = "help" if workspace == "default" else "theirs"
            row = DocumentRow(WorkspaceId(workspace), name, "a.md", "A", "upload", "d", "kept", None, 1, 1, 0.0)
            await store.put_document(row, [Passage(f"We refund, {workspace}.", "", "we refund", 0, 2)])
        minds = Minds(settings, lambda: 0.0, AsConfigured(), open_provider, store)  # type: ignore[arg-type]
        bot = app.load_bots(settings, None, minds)["helper"]
        assert isinstance(bot, AgentBot)
        assert [tool.spec.name for tool in bot._thinking.tools] == ["knowledge"]
        assert bot._library is not None
        assert len(opened) == 1, "a provider's libraries take seconds: no question waits for them"
        for workspace in ("default", "theirs"):
            found = await bot._library.of(WorkspaceId(workspace)).look_up("refund")
            assert [each.text for each in found] == [f"We refund, {workspace}."]
        assert [each.embedded for each in opened] == [[("vectors", 1)]]


async def test_a_bot_that_names_the_tool_has_something_to_look_up_in(tmp_path: Path) -> None:
    settings = load(written(tmp_path, PROVIDER + AGENT.replace('"handover"', '"knowledge"')))
    with pytest.raises(ConfigurationError, match=r"bots\.helper\.tools: names `knowledge`, and the bot has none"):
        app.load_bots(settings)


@pytest.mark.parametrize(
    "label, made, state, said",
    [
        ("a folder", True, "ok", "1 documents in docs"),
        ("none", False, "broken", "docs is no folder"),
    ],
)
async def test_an_examination_looks_for_the_folders(
    tmp_path: Path, label: str, made: bool, state: str, said: str
) -> None:
    if made:
        (tmp_path / "docs").mkdir()
        (tmp_path / "docs/a.md").write_text("words", "utf-8")
    links = await examine(written(tmp_path, '[knowledge.help]\nfolder = "docs"\n[knowledge.more]\n'))
    found = [each for each in links if each.link.startswith("knowledge")]
    assert [(each.link, each.state, each.detail) for each in found] == [("knowledge help", state, said)]
