"""Every kind of provider and its adapter: one line each, imported when one is configured."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from turnkeeper.llm.base import Provider
from turnkeeper.llm.providers.config import ProviderConfig
from turnkeeper.model.errors import ConfigurationError

_KINDS: Final = {
    "openrouter": "OpenRouter",
    "openai": "OpenAI",
    "azure": "Azure",
    "anthropic": "Anthropic",
    "google": "Google",
    "openai_compatible": "Compatible",
}
"""The module beside this one, and the adapter in it."""


def kinds() -> tuple[str, ...]:
    """The kinds that a provider may have."""
    return tuple(_KINDS)


def open_provider(config: ProviderConfig) -> Provider:
    """The adapter of a provider; imports its libraries, which takes seconds. Nothing is called yet.

    Raises ConfigurationError for an unknown kind.
    """
    name = _KINDS.get(config.kind)
    if name is None:
        choices = " or ".join(repr(kind) for kind in _KINDS)
        raise ConfigurationError("kind", f"no provider is of kind {config.kind!r}", f"Use {choices}.")
    adapter: Any = getattr(import_module(f"turnkeeper.llm.providers.{config.kind}"), name)
    account = adapter(config)
    account.warm()
    provider: Provider = account
    return provider
