"""Transcribers as they are now: whether the key works, the model is there and stays, what is needed is installed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from turnkeeper.app.link import Link
from turnkeeper.app.model_checkup import SOON, day, find
from turnkeeper.config.errors import nearest
from turnkeeper.config.transcribers import BUILT_IN, FasterWhisperKeys, ServiceKeys, TranscriberKeys, VoiceKeys
from turnkeeper.llm.base import ModelError, ModelMisconfigured
from turnkeeper.llm.providers.config import AzureConfig, CompatibleConfig, OpenAIConfig, ProviderConfig
from turnkeeper.voice.faster_whisper import NEEDED

if TYPE_CHECKING:
    from turnkeeper.config import Settings
    from turnkeeper.model.llm import OfferedModel
    from turnkeeper.voice.config import ServiceConfig

_PARTS = ("av", "moonshine_voice")
"""What the extra `voice` brings."""
_KEY = {401, 403}


async def examine_transcribers(settings: Settings, now: float) -> list[Link]:
    """The doctor's links: each transcriber that is configured, and the built-in one where a bot asks it."""
    found = [await _examined(name, keys, settings, now) for name, keys in settings.transcribers.items()]
    if any(BUILT_IN in bot.keys.transcribe for bot in settings.bots.values() if isinstance(bot.keys, VoiceKeys)):
        found.append(_built_in(BUILT_IN))
    return found


async def _examined(name: str, keys: TranscriberKeys, settings: Settings, now: float) -> Link:
    if isinstance(keys, ServiceKeys):
        return await _service(keys.config(name), now)
    if isinstance(keys, FasterWhisperKeys):
        return _folder(name, settings.folder / keys.folder)
    return _built_in(name)


async def _service(config: ServiceConfig, now: float) -> Link:
    link, at = f"transcriber {config.name}", f"transcribers.{config.name}"
    tries = f"Try `turnkeeper voice transcribe FILE --with {config.name}`."
    try:
        listed = await _listed(config)
    except ModelMisconfigured as error:
        if error.status in _KEY:
            mend = f"Check {at}.api_key: the key is wrong, or may not use this."
            return Link(link, "broken", error.shown, mend)
        if config.kind == "openai_compatible":
            return Link(link, "unknown", f"it has no list of models ({error.shown})", tries)
        return Link(link, "broken", error.shown, f"Check {at}.base_url.")
    except ModelError as error:
        return Link(link, "broken", error.shown, f"Check {at}.base_url, the network, and the service's status page.")
    if config.kind == "azure":  # it lists models, not deployments
        return Link(link, "unknown", "takes the key; Azure does not tell its deployments", tries)
    return _of_model(link, config, listed, now)


async def _listed(config: ServiceConfig) -> Sequence[OfferedModel]:
    """What the account's owner offers: the list is the same that models for words are in."""
    from turnkeeper.llm.providers.registry import open_provider

    provider = await asyncio.to_thread(open_provider, _as_provider(config))
    try:
        return await provider.models()
    finally:
        await provider.close()


def _as_provider(config: ServiceConfig) -> ProviderConfig:
    shared = {
        "kind": config.kind,
        "name": config.name,
        "api_key": config.api_key,
        "base_url": config.base_url,
        "headers": config.headers,
    }
    match config.kind:
        case "azure":
            return AzureConfig(**shared, api_version=config.api_version)  # type: ignore[arg-type]
        case "openai":
            return OpenAIConfig(**shared)  # type: ignore[arg-type]
    return CompatibleConfig(**shared)  # type: ignore[arg-type]


def _of_model(link: str, config: ServiceConfig, listed: Sequence[OfferedModel], now: float) -> Link:
    model, at = find(config.model, listed), f"transcribers.{config.name}.model"
    if model is None:
        named = [each.name for each in listed if "transcribe" in each.name or "whisper" in each.name]
        mend = nearest(config.model, named or [each.name for each in listed][:20])
        return Link(link, "broken", f"takes the key, and does not offer {config.model}", f"Mend {at}. {mend}")
    if model.ends_at is None or model.ends_at - now > SOON:
        until = "" if model.ends_at is None else f" until {day(model.ends_at)}"
        return Link(link, "ok", f"takes the key, and offers {config.model}{until}")
    gone = model.ends_at <= now
    ends = "was switched off on" if gone else "is switched off on"
    detail = f"{config.model} {ends} {day(model.ends_at)}"
    return Link(link, "broken" if gone else "warning", detail, f"Put another model into {at}.")


def _folder(name: str, folder: Path) -> Link:
    link, at = f"transcriber {name}", f"transcribers.{name}.folder"
    if find_spec("faster_whisper") is None:
        return Link(link, "broken", "faster-whisper is not installed", "Run `pip install faster-whisper`.")
    missing = [each for each in NEEDED if not (folder / each).is_file()]
    if missing:
        mend = f"Put a Whisper model in CTranslate2's form there, or mend {at}."
        return Link(link, "broken", f"there is no {' and no '.join(missing)} in {folder}", mend)
    return Link(link, "ok", f"its model is in {folder}")


def _built_in(name: str) -> Link:
    link = f"transcriber {name}"
    missing = [each for each in _PARTS if find_spec(each) is None]
    if missing:
        mend = 'Run `pip install "turnkeeper[voice]"`, or leave it out of `transcribe`.'
        return Link(link, "broken", f"the extra `voice` is not installed ({', '.join(missing)})", mend)
    return Link(link, "ok", "is installed, and hears English")
