"""A provider that is there before its libraries are: they are loaded in a thread, and a question waits for them.

A process with such providers is ready at once: what asks no model goes on meanwhile. One library at a time, so that the
first is there as soon as can be.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from msgspec.structs import replace

from turnkeeper.llm.base import ChatModel, ModelError, ModelMisconfigured, Provider, ReadFile
from turnkeeper.llm.providers.config import ProviderConfig
from turnkeeper.llm.providers.takes import Takes, taken_by
from turnkeeper.model.llm import ChatAnswer, ChatRequest, OfferedModel

Load = Callable[[ProviderConfig], Provider]
"""The adapter of a provider, with its libraries imported: turnkeeper.llm.providers.registry has it."""


class Loading:
    """The thread in which one process loads libraries.

    `close` waits for none. The end of the process waits for one that is half imported: to end that crashes.
    """

    def __init__(self, load: Load) -> None:
        self._load = load
        self._thread = ThreadPoolExecutor(1, "libraries")

    def begin(self, config: ProviderConfig) -> asyncio.Future[Provider]:
        """A provider that is loaded after those that were begun before it."""
        return asyncio.get_running_loop().run_in_executor(self._thread, self._load, config)

    def close(self) -> None:
        """Nothing is loaded any more."""
        self._thread.shutdown(wait=False, cancel_futures=True)


class LaterProvider:
    """A provider whose libraries are loaded when it is first asked anything, or told to."""

    def __init__(self, config: ProviderConfig, loading: Loading) -> None:
        self._config = config
        self._loading = loading
        self._begun: asyncio.Future[Provider] | None = None
        self._loaded: Provider | None = None

    async def load(self) -> Provider:
        """The provider itself. Raises ModelMisconfigured where it cannot be loaded; who asks next tries again."""
        if self._loaded is not None:
            return self._loaded
        if self._begun is None:
            self._begun = self._loading.begin(self._config)
        begun = self._begun
        try:
            self._loaded = await asyncio.shield(begun)  # a turn that is cut off is not the only one that waits
        except Exception as error:  # noqa: BLE001 - whatever a library that is half there raises
            if self._begun is begun:
                self._begun = None
            # What a library says when it is given an account may hold the key.
            why = f": {error}" if isinstance(error, ImportError) else ""
            raise ModelMisconfigured(f"its library cannot be loaded ({type(error).__name__}{why})") from None
        return self._loaded

    def model(self, name: str, images: bool | None = None, documents: bool | None = None) -> LaterModel:
        """One of its models; nothing is loaded."""
        return LaterModel(self, name, taken_by(self._config.kind, name, images, documents))

    async def models(self) -> Sequence[OfferedModel]:
        """What it offers; raises ModelError."""
        return await (await self.load()).models()

    async def embed(self, model: str, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """A vector for each text; raises ModelError."""
        return await (await self.load()).embed(model, texts)

    async def close(self) -> None:
        """Close its connections, if there are any; whoever waits for it is cancelled."""
        if self._loaded is not None:
            await self._loaded.close()
        elif self._begun is not None:
            self._begun.cancel()


class LaterModel:
    """One model of such a provider."""

    def __init__(self, provider: LaterProvider, name: str, takes: Takes) -> None:
        self._provider = provider
        self._name = name
        self._takes = takes
        self._model: ChatModel | None = None

    @property
    def takes_images(self) -> bool:
        return self._takes.images

    @property
    def takes_documents(self) -> bool:
        return self._takes.documents

    async def ask(self, request: ChatRequest, read: ReadFile) -> ChatAnswer:
        """One call. The wait for libraries counts for its time, and is nobody's fault."""
        if self._model is None:
            request = await self._waited(request)
            there = await self._provider.load()
            self._model = there.model(self._name, self._takes.images, self._takes.documents)
        return await self._model.ask(request, read)

    async def _waited(self, request: ChatRequest) -> ChatRequest:
        """The request with what is left of its time, once all is loaded. Raises ModelError."""
        seconds, now = request.settings.timeout, asyncio.get_running_loop().time
        began = now()
        try:
            async with asyncio.timeout(seconds):
                await self._provider.load()
        except TimeoutError:
            raise ModelError(f"its library was not loaded within {seconds:g} s") from None
        left = seconds - (now() - began)
        return replace(request, settings=replace(request.settings, timeout=left))
