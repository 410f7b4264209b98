"""Which adapter belongs to which kind of service."""

from __future__ import annotations

from turnkeeper.voice.azure import Azure
from turnkeeper.voice.base import Post, Transcode
from turnkeeper.voice.config import ServiceConfig
from turnkeeper.voice.openai import OpenAI, OpenAICompatible

_KINDS: dict[str, type[OpenAI]] = {"openai": OpenAI, "azure": Azure, "openai_compatible": OpenAICompatible}


def service(config: ServiceConfig, post: Post, transcode: Transcode) -> OpenAI:
    """The adapter of a service."""
    return _KINDS[config.kind](config, post, transcode)
