"""Every kind of channel and its adapter: one line each, imported when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple, cast

from turnkeeper.channels.base import ChannelAdapter
from turnkeeper.channels.keys import ChannelKeys
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.simulated import KIND as SIMULATED


class Home(NamedTuple):
    """Where an adapter, the dataclass of its settings and the keys of these in the file are defined."""

    module: str
    adapter: str
    config: str
    keys: str


_KINDS = {
    "whatsapp_cloud": Home("whatsapp_cloud", "WhatsAppCloud", "WhatsAppCloudConfig", "WhatsAppCloudKeys"),
    "waha": Home("waha", "Waha", "WahaConfig", "WahaKeys"),
    "wablas": Home("wablas", "Wablas", "WablasConfig", "WablasKeys"),
    "whacenter": Home("whacenter", "WhaCenter", "WhaCenterConfig", "WhaCenterKeys"),
    "telegram": Home("telegram", "Telegram", "TelegramConfig", "TelegramKeys"),
}


@dataclass(frozen=True, slots=True)
class Registered:
    """A kind of channel: its adapter, the frozen dataclass that its settings are read into, and their keys."""

    adapter: ChannelAdapter[Any]
    config_type: type[Any]
    keys: type[ChannelKeys]


def kinds() -> tuple[str, ...]:
    """The kinds that a channel may have."""
    return tuple(_KINDS)


def find(kind: str) -> Registered:
    """The adapter of a kind; raises ConfigurationError for an unknown one."""
    if kind.startswith(SIMULATED):
        return _simulated(kind.removeprefix(SIMULATED))
    home = _KINDS.get(kind)
    if home is None:
        raise ConfigurationError("kind", f"no channel is of kind {kind!r}", f"Use {_choices()}.")
    module = import_module(f"turnkeeper.channels.{home.module}")
    return Registered(getattr(module, home.adapter)(), getattr(module, home.config), getattr(module, home.keys))


def _simulated(kind: str) -> Registered:
    """What stands for a kind. No file can name it."""
    from turnkeeper.channels.simulator import Simulator, SimulatorConfig

    real = find(kind)
    return Registered(cast("ChannelAdapter[Any]", Simulator(kind, real.adapter)), SimulatorConfig, real.keys)


def _choices() -> str:
    return " or ".join(repr(kind) for kind in _KINDS)
