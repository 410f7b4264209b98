"""What an adapter is given of a provider's settings: plain values, so that nobody who holds them imports an adapter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderConfig:
    """An account with a provider of models. `base_url`: "" for the provider's own; `stream`: answers come piecemeal."""

    kind: str
    name: str = ""
    """As the configuration file calls it; for errors."""
    api_key: str = field(default="", repr=False)
    base_url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Sent with each call besides; some hold keys."""
    stream: bool = False
    guarded: bool = False
    """A tenant wrote the address: no call leads into the operator's network."""

    @property
    def secrets(self) -> frozenset[str]:
        """What nobody may be shown."""
        return frozenset({self.api_key, *self.headers.values()}) - {""}


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIConfig(ProviderConfig):
    """OpenAI's own: what is used is counted for an organization and a project."""

    organization: str = ""
    project: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AzureConfig(ProviderConfig):
    """A resource of Azure OpenAI; models are named by their deployments. `api_version` "": the versionless v1 API."""

    api_version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompatibleConfig(ProviderConfig):
    """A server that speaks OpenAI's chat completions. `structured`: it takes a JSON schema for its answer."""

    structured: bool = False
