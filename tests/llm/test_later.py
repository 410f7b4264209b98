"""A provider whose libraries come later: questions wait for them, once, and nobody's turn spoils it for others."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests.llm.providers_rig import question, read
from turnkeeper.llm.base import ModelAway, ModelError, ModelMisconfigured
from turnkeeper.llm.providers import registry
from turnkeeper.llm.providers.config import ProviderConfig
from turnkeeper.llm.providers.later import LaterProvider, Loading
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.llm import ChatAnswer, ChatRequest, ModelSettings
from turnkeeper.testing.models import ScriptedModel

CONFIG = ProviderConfig(kind="openrouter", name="router", api_key="sk-secret")


class Account:
    """What a load comes to."""

    def __init__(self) -> None:
        self.chat = ScriptedModel("Hello!", repeat=True)
        self.given: list[Any] = []
        self.closed = 0

    def model(self, name: str, images: bool | None = None, documents: bool | None = None) -> ScriptedModel:
        self.given.append((name, images, documents))
        return self.chat

    async def models(self) -> Sequence[Any]:
        return ("a list",)

    async def embed(self, model: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [[float(len(model + text))] for text in texts]

    async def close(self) -> None:
        self.closed += 1


class Library:
    """Stands for `open_provider`: it takes until it is let go, and fails as it is told to."""

    def __init__(self) -> None:
        self.here = threading.Event()
        self.fails: list[Exception] = []
        self.loaded: list[str] = []
        self.at_once = self.most_at_once = 0
        self.account = Account()

    def __call__(self, config: ProviderConfig) -> Account:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        assert self.here.wait(10)
        self.at_once -= 1
        self.loaded.append(config.name)
        if self.fails:
            raise self.fails.pop()
        return self.account


@pytest.fixture
def library() -> Library:
    return Library()


@pytest.fixture
def loading(library: Library) -> Iterator[Loading]:
    found = Loading(library)  # type: ignore[arg-type]
    yield found
    library.here.set()
    found.close()


def asked(provider: LaterProvider, *, within: float = 10.0) -> asyncio.Task[ChatAnswer]:
    request: ChatRequest = question(settings=ModelSettings(timeout=within))
    return asyncio.create_task(provider.model("openai/gpt").ask(request, read))


async def begun(library: Library) -> None:
    while not library.at_once:
        await asyncio.sleep(0)


async def test_questions_wait_for_one_load(library: Library, loading: Loading) -> None:
    provider = LaterProvider(CONFIG, loading)
    model = provider.model("openai/gpt", documents=False)
    first = asyncio.create_task(model.ask(question(), read))
    second = asked(provider)
    await begun(library)
    assert not first.done()
    library.here.set()
    assert {(await first).text, (await second).text} == {"Hello!"}
    assert library.loaded == ["router"]
    assert sorted(library.account.given) == [("openai/gpt", True, False), ("openai/gpt", True, True)]
    waited = library.account.chat.asked[-1]
    await model.ask(question(), read)
    assert 0 < waited.settings.timeout < 10, "the wait counts for the question's time"
    assert library.account.chat.asked[-1] == question(), "and without a wait it is passed on as it is"


async def test_a_question_that_is_cut_off_spoils_it_for_nobody(library: Library, loading: Loading) -> None:
    provider = LaterProvider(CONFIG, loading)
    first, second = asked(provider), asked(provider)
    await begun(library)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    library.here.set()
    assert (await second).text == "Hello!"
    assert library.loaded == ["router"]


async def test_time_that_is_over_is_nobodys_fault(library: Library, loading: Loading) -> None:
    provider = LaterProvider(CONFIG, loading)
    with pytest.raises(ModelError, match="not loaded within 0 s") as wrong:
        await asked(provider, within=0.0)
    assert not isinstance(wrong.value, ModelAway | ModelMisconfigured)
    library.here.set()
    assert (await asked(provider)).text == "Hello!"
    assert library.loaded == ["router"]


FAILS = [
    ("not there", ModuleNotFoundError("No module named 'openai'"), "No module named 'openai'"),
    ("half there", AttributeError("sk-secret is no attribute"), "AttributeError"),
]


@pytest.mark.parametrize("label, error, shown", FAILS, ids=[row[0] for row in FAILS])
async def test_a_library_that_fails_is_to_be_mended(
    library: Library, loading: Loading, label: str, error: Exception, shown: str
) -> None:
    library.fails.append(error)
    library.here.set()
    provider = LaterProvider(CONFIG, loading)
    with pytest.raises(ModelMisconfigured, match="cannot be loaded") as wrong:
        await asked(provider)
    assert shown in wrong.value.shown
    assert "sk-secret" not in wrong.value.shown
    assert (await asked(provider)).text == "Hello!", "who asks next tries again"


async def test_whatever_is_asked_waits(library: Library, loading: Loading) -> None:
    library.here.set()
    provider = LaterProvider(CONFIG, loading)
    assert await provider.embed("m", ["abc"]) == [[4.0]]
    assert await provider.models() == ("a list",)
    await provider.close()
    assert library.account.closed == 1


async def test_one_library_at_a_time(library: Library, loading: Loading) -> None:
    first, second = (LaterProvider(ProviderConfig(kind="openai", name=name), loading) for name in ("first", "second"))
    loads = [asyncio.create_task(each.load()) for each in (first, second)]
    await begun(library)
    library.here.set()
    await asyncio.gather(*loads)
    assert (library.loaded, library.most_at_once) == (["first", "second"], 1)


async def test_an_end_waits_for_no_library(library: Library, loading: Loading) -> None:
    provider = LaterProvider(CONFIG, loading)
    waiting = asked(provider)
    await begun(library)
    loading.close()
    await provider.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not library.account.closed


@pytest.mark.parametrize("kind", registry.kinds())
def test_a_library_that_is_not_installed_is_told_at_once(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.check(ProviderConfig(kind=kind, name="mine"))
    library = {"anthropic": "anthropic", "google": "google.genai"}.get(kind, "openai")
    monkeypatch.setattr(registry, "find_spec", lambda name: None if name == library else registry)
    with pytest.raises(ConfigurationError, match=rf"providers\.mine\.kind: needs {library}, which is not there"):
        registry.check(ProviderConfig(kind=kind, name="mine"))


def test_no_two_threads_import_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []

    def import_module(name: str) -> Any:
        seen.append(registry._IMPORTING.locked())
        raise ImportError(name)

    monkeypatch.setattr(registry, "import_module", import_module)
    for _ in range(2):
        with pytest.raises(ImportError):
            registry.open_provider(CONFIG)
    assert seen == [True, True]
    assert not registry._IMPORTING.locked()
