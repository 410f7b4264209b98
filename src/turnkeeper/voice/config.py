"""What the adapter of a service is given: its settings, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfig:
    """An account with a service that hears. `name` as the configuration calls it; `largest`: bytes of a file.

    `base_url` "": the service's own address. For Azure it is the resource's, and `model` a deployment.
    """

    kind: str
    name: str
    model: str
    api_key: str = field(default="", repr=False)
    base_url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    largest: int = 25 * MB
    api_version: str = ""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nothing that is shown may hold."""
        return (self.api_key, *self.headers.values())
