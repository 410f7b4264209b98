"""Providers and models as they are now: what is offered, until when, and whether each model of a chain answers."""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from turnkeeper.app.link import Link
from turnkeeper.config import Settings
from turnkeeper.config.bots import ModelUserKeys
from turnkeeper.config.errors import nearest
from turnkeeper.llm.base import (
    ModelBusy,
    ModelEmpty,
    ModelError,
    ModelMisconfigured,
    ModelRefused,
    ModelSlow,
    Provider,
)
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.llm import Attached, ChatRequest, ModelChoice, ModelSettings, OfferedModel, Said

SOON = 90 * 86_400.0
"""Seconds before a model's end from which on the doctor warns."""
_QUESTION = "Reply with the one word: ready"
_DATED = re.compile(r"-(\d{8}|\d{4}-\d{2}-\d{2}|latest)$")
_KEY = {401, 403}
_GONE = 404


@dataclass(frozen=True, slots=True)
class Used:
    """A model that bots ask, with the settings of the first of them."""

    choice: ModelChoice
    bots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one small question. `cost`: US dollars, if known; `mend`: what to do about a failure."""

    model: str
    bots: tuple[str, ...]
    ok: bool
    seconds: float
    detail: str
    mend: str = ""
    kind: str = ""
    tokens: int | None = None
    cost: float | None = None

    def as_words(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Offer:
    """A model of a provider's list, and the bots that ask it."""

    provider: str
    model: OfferedModel
    bots: tuple[str, ...]

    def as_words(self) -> dict[str, Any]:
        """For JSON: instants as text."""
        ends = None if self.model.ends_at is None else day(self.model.ends_at)
        told = {"provider": self.provider, "model": self.model.name, "title": self.model.title, "ends": ends}
        return told | {"context": self.model.context, "bots": list(self.bots)}


def day(at: float) -> str:
    """The day of an instant (UTC)."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def used(settings: Settings) -> list[Used]:
    """Every model that bots ask, in the order of the file."""
    found: dict[str, Used] = {}
    for bot in settings.bots.values():
        for choice in _choices(bot.keys):
            before = found.get(str(choice), Used(choice, ()))
            found[str(choice)] = Used(before.choice, tuple(dict.fromkeys((*before.bots, str(bot.id)))))
    return list(found.values())


def _choices(keys: object) -> Iterator[ModelChoice]:
    if isinstance(keys, ModelUserKeys):
        yield from keys.choices()
    provider, slash, name = str(getattr(keys, "summary_model", "")).partition("/")
    if slash:
        yield ModelChoice(provider, name)


@asynccontextmanager
async def opened(settings: Settings, name: str) -> AsyncIterator[Provider]:
    """One provider. Raises ConfigurationError where none is called that."""
    if name not in settings.providers:
        raise ConfigurationError(f"providers.{name}", "is not configured", nearest(name, list(settings.providers)))
    from turnkeeper.llm.providers.registry import open_provider

    provider = await asyncio.to_thread(open_provider, settings.provider(name))
    try:
        yield provider
    finally:
        await provider.close()


async def offers(settings: Settings, name: str) -> list[Offer]:
    """What one provider has: what bots ask first, then what ends soonest. Raises ModelError."""
    async with opened(settings, name) as provider:
        listed = await provider.models()
    asked = [each for each in used(settings) if each.choice.provider == name]
    found = []
    for model in listed:
        bots = {bot for each in asked if find(each.choice.name, [model]) for bot in each.bots}
        found.append(Offer(name, model, tuple(sorted(bots))))
    return sorted(found, key=lambda each: (not each.bots, each.model.ends_at or float("inf"), each.model.name))


def find(name: str, listed: Sequence[OfferedModel]) -> OfferedModel | None:
    """A model in a list, by its name, or by one that stands for its newest version or for a way to serve it."""
    exact = {each.name: each for each in listed}
    plain = name.partition(":")[0].removeprefix("~")
    if name in exact or plain in exact:
        return exact.get(name) or exact[plain]
    versions = [each for each in listed if _DATED.sub("", each.name) == _DATED.sub("", plain)]
    return max(versions, key=lambda each: each.name, default=None)


async def try_models(settings: Settings, only: str = "") -> AsyncIterator[Tried]:
    """One small question to each model that bots ask, or to one by its name. Raises ConfigurationError."""
    wanted = [each for each in used(settings) if only in ("", str(each.choice))]
    if only and not wanted:
        whose, _, name = only.partition("/")
        if not name:
            raise ConfigurationError(only, "names no model", 'Write "provider/model".')
        wanted = [Used(ModelChoice(whose, name), ())]
    for each in wanted:
        async with opened(settings, each.choice.provider) as provider:
            yield await _tried(provider, each, settings)


async def _tried(provider: Provider, each: Used, settings: Settings) -> Tried:
    choice = each.choice
    asked = choice.settings if each.bots else ModelSettings()
    began = time.monotonic()
    try:
        answer = await provider.model(choice.name).ask(
            ChatRequest("", (Said("user", _QUESTION),), settings=asked), _no_files
        )
    except ModelError as error:
        seconds = time.monotonic() - began
        return Tried(str(choice), each.bots, False, seconds, error.shown, mend(error, choice, settings), error.kind)
    seconds = time.monotonic() - began
    words = " ".join(answer.text.split())
    said = f"{words[:40]}…" if len(words) > 40 else words
    usage = answer.usage
    return Tried(str(choice), each.bots, True, seconds, said, tokens=usage.tokens, cost=usage.cost)


async def _no_files(file: Attached) -> bytes:
    raise FileNotFoundError(file.filename)


def mend(error: ModelError, choice: ModelChoice, settings: Settings) -> str:
    """What to do about a model that gave no answer."""
    name = choice.provider
    kind = getattr(settings.providers.get(name), "kind", "")
    match error:
        case ModelMisconfigured() if error.status in _KEY:
            return f"Check providers.{name}.api_key: the key is wrong, or may not use this."
        case ModelMisconfigured() if error.status == _GONE and kind == "azure":
            return f"Make a deployment of the name {choice.name!r} in Azure, or name one that there is."
        case ModelMisconfigured() if error.status == _GONE:
            return f"`turnkeeper model list {name}` shows what there is; mend the bot's models."
        case ModelMisconfigured():
            return "Mend what the provider says: a setting of the bot, or the account."
        case ModelBusy():
            wait = "" if error.retry_after is None else f" It wants {error.retry_after:.0f} s of rest."
            return f"Try again later, or ask the provider for a higher limit.{wait}"
        case ModelSlow():
            return "Raise the bot's `timeout`, or take a faster model."
        case ModelEmpty():
            return "Raise the bot's `max_tokens`: models that think first may use all of it for that."
        case ModelRefused():
            return "Its filter refuses a harmless question: look at the account's or deployment's filters."
    return f"Check providers.{name}.base_url, the network, and the provider's status page."


def _models(number: int) -> str:
    return f"{number:,} model{'' if number == 1 else 's'}"


async def examine_providers(settings: Settings, now: float) -> list[Link]:
    """The doctor's links: each provider's key, and the models that bots ask of it."""
    found: list[Link] = []
    for name in settings.providers:
        asked = [each for each in used(settings) if each.choice.provider == name]
        link = f"provider {name}"
        try:
            async with opened(settings, name) as provider:
                listed = await provider.models()
        except ModelError as error:
            found.append(_of_failure(link, error, name, settings))
            found += [Link(f"model {each.choice}", "unknown", "its provider told no models") for each in asked]
            continue
        found.append(Link(link, "ok", f"takes the key, and offers {_models(len(listed))}"))
        found += [_of_model(each, listed, settings, now) for each in asked]
    return found


def _of_failure(link: str, error: ModelError, name: str, settings: Settings) -> Link:
    """Many compatible servers have no list: that says nothing."""
    kind = getattr(settings.providers[name], "kind", "")
    if isinstance(error, ModelMisconfigured) and error.status not in _KEY and kind == "openai_compatible":
        return Link(link, "unknown", f"it has no list of models ({error.shown})", "Run `turnkeeper model test`.")
    return Link(link, "broken", error.shown, mend(error, ModelChoice(name, ""), settings))


def _of_model(each: Used, listed: Sequence[OfferedModel], settings: Settings, now: float) -> Link:
    choice = each.choice
    link = f"model {choice}"
    model = find(choice.name, listed)
    kind = getattr(settings.providers[choice.provider], "kind", "")
    if model is None and kind == "azure":  # it lists models, not deployments
        return Link(link, "unknown", "Azure does not tell its deployments", f"Run `turnkeeper model test {choice}`.")
    if model is None:
        close = nearest(choice.name, [each.name for each in listed]) if len(listed) <= 20 else ""
        more = f"`turnkeeper model list {choice.provider}` shows what there is."
        return Link(link, "broken", f"the provider does not offer it (asked by {', '.join(each.bots)})", close or more)
    if model.ends_at is None or model.ends_at - now > SOON:
        until = "" if model.ends_at is None else f" until {day(model.ends_at)}"
        return Link(link, "ok", f"is offered{until}")
    gone = model.ends_at <= now
    replace = f"Put another model into bots.{each.bots[0]}; `turnkeeper model list {choice.provider}` shows them."
    ends = "was switched off on" if gone else "is switched off on"
    return Link(link, "broken" if gone else "warning", f"{ends} {day(model.ends_at)}", replace)
