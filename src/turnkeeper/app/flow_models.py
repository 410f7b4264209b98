"""The models of a configuration for a talk in virtual time: they answer in real time, in an event loop of their own.

The talk's clock stands still meanwhile.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from turnkeeper.app.flow_files import NoFile
from turnkeeper.app.models import AsConfigured, Minds
from turnkeeper.bots.thinking import Thinking
from turnkeeper.config import load_for
from turnkeeper.config.bots import ModelUserKeys
from turnkeeper.llm.chain import Chain
from turnkeeper.testing.virtual_time import VirtualClock

if TYPE_CHECKING:
    from pathlib import Path

    from turnkeeper.config import Settings
    from turnkeeper.llm.base import ChatModel, ReadFile
    from turnkeeper.model.llm import Attached, ChatAnswer, ChatRequest, ModelChoice

T = TypeVar("T")


@contextmanager
def configured(config: Path, bot: str | None) -> Iterator[Thinking | None]:
    """What a bot of a configuration asks: the one that is named, else the only one that has models; None: there is
    none. Raises NoFile, ConfigurationError."""
    settings = load_for(config, "", section="providers")
    keys = _keys(settings, bot)
    if keys is None:
        yield None
        return
    with _Elsewhere() as elsewhere:
        minds = elsewhere.run(_opened(settings))
        try:
            models = [(choice, model) for choice, model in elsewhere.run(_chain(minds, keys)).models]
            yield _thinking(models, elsewhere)
        finally:
            elsewhere.run(minds.close())


def _keys(settings: Settings, bot: str | None) -> ModelUserKeys | None:
    able = {str(name): each.keys for name, each in settings.bots.items() if isinstance(each.keys, ModelUserKeys)}
    able = {name: keys for name, keys in able.items() if keys.choices()}
    if bot is not None and bot not in able:
        raise NoFile(f"no bot {bot!r} asks models. Bots that do: {', '.join(able) or 'none'}")
    if bot is None and len(able) > 1:
        raise NoFile(f"several bots ask models: say which with --bot ({', '.join(able)})")
    return able[bot] if bot is not None else next(iter(able.values()), None)


async def _opened(settings: Settings) -> Minds:
    from turnkeeper.llm.providers import registry

    return Minds(settings, VirtualClock(asyncio.get_running_loop()).now, AsConfigured(), registry.open_provider)


async def _chain(minds: Minds, keys: ModelUserKeys) -> Chain:
    return minds.chain(keys)


def _thinking(models: list[tuple[ModelChoice, ChatModel]], elsewhere: _Elsewhere) -> Thinking:
    there: list[tuple[ModelChoice, ChatModel]] = [(choice, _There(model, elsewhere)) for choice, model in models]
    return Thinking(
        Chain(there, lambda: VirtualClock().now()),
        images=any(model.takes_images for _, model in models),
        documents=any(model.takes_documents for _, model in models),
    )


class _Elsewhere:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="models", daemon=True)

    def __enter__(self) -> _Elsewhere:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Its result, once it is there."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()


class _There:
    """A model that lives in another loop."""

    def __init__(self, model: ChatModel, elsewhere: _Elsewhere) -> None:
        self._model, self._elsewhere = model, elsewhere
        self.takes_images, self.takes_documents = model.takes_images, model.takes_documents

    async def ask(self, request: ChatRequest, read: ReadFile) -> ChatAnswer:
        """Its answer. Raises ModelError."""
        here = asyncio.get_running_loop()

        async def fetched(file: Attached) -> bytes:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_bytes(read, file), here))

        return await here.run_in_executor(None, self._elsewhere.run, self._model.ask(request, fetched))


async def _bytes(read: ReadFile, file: Attached) -> bytes:
    return await read(file)
