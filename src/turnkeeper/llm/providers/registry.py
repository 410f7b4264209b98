"""Every kind of provider and its adapter: one line each, imported when one is opened."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from threading import Lock
from typing import Any, Final

from turnkeeper.llm.base import Provider
from turnkeeper.llm.providers.config import ProviderConfig
from turnkeeper.model.errors import ConfigurationError

_KINDS: Final = {
    "openrouter": ("OpenRouter", "openai"),
    "openai": ("OpenAI", "openai"),
    "azure": ("Azure", "openai"),
    "anthropic": ("Anthropic", "anthropic"),
    "google": ("Google", "google.genai"),
    "openai_compatible": ("Compatible", "openai"),
}
"""The module beside this one, the adapter in it, and the library that it speaks through."""

_IMPORTING: Final = Lock()
"""Two threads that import what refers to each other would get halves of it."""


def kinds() -> tuple[str, ...]:
    """The kinds that a provider may have."""
    return tuple(_KINDS)


def check(config: ProviderConfig) -> None:
    """Raise ConfigurationError for an unknown kind, or one whose library is not there. Nothing is imported."""
    if config.kind not in _KINDS:
        choices = " or ".join(repr(kind) for kind in _KINDS)
        raise ConfigurationError("kind", f"no provider is of kind {config.kind!r}", f"Use {choices}.")
    for library in ("pydantic_ai", _KINDS[config.kind][1]):
        if not _is_there(library):
            key = f"providers.{config.name}.kind" if config.name else "kind"
            raise ConfigurationError(key, f"needs {library}, which is not there", 'Install "turnkeeper" again.')


def open_provider(config: ProviderConfig) -> Provider:
    """The adapter of a provider; imports its libraries, which takes seconds. Nothing is called yet.

    Raises ConfigurationError as `check` does.
    """
    check(config)
    name, _ = _KINDS[config.kind]
    with _IMPORTING:
        adapter: Any = getattr(import_module(f"turnkeeper.llm.providers.{config.kind}"), name)
        account = adapter(config)
        account.warm()
    provider: Provider = account
    return provider


def _is_there(library: str) -> bool:
    try:
        return find_spec(library) is not None
    except ModuleNotFoundError:  # nor is the package around it
        return False
