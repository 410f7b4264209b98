"""The table of all settings as Markdown: docs/configuration.md is its output."""

import json
from collections.abc import Iterator, Mapping

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from turnkeeper.channels import registry
from turnkeeper.channels.keys import read_duration, read_duration_or_off
from turnkeeper.config.api import ApiTokenKeys
from turnkeeper.config.events import SUBSCRIPTION_KINDS, EventSourceKeys
from turnkeeper.config.keys import BOT_KINDS, SECTIONS
from turnkeeper.config.knowledge import KnowledgeKeys
from turnkeeper.config.payments import PAYMENT_KINDS
from turnkeeper.config.providers import PROVIDER_KINDS
from turnkeeper.config.sequences import SequenceKeys
from turnkeeper.config.sign_in import OidcKeys
from turnkeeper.config.tools import TOOL_KINDS
from turnkeeper.config.transcribers import TRANSCRIBER_KINDS
from turnkeeper.model.policy import RateLimit

_HEAD = """\
# Configuration

Turnkeeper reads `turnkeeper.toml` (`--config` names another file). `turnkeeper init` writes one to start from,
`turnkeeper doctor` tells which link of a set-up is broken. This page is printed by `turnkeeper settings`.

- **Durations** are seconds (`4.0`) or a number with a unit: `"250ms"`, `"30s"`, `"10m"`, `"24h"`, `"30d"`.
- **Any value** may be `"env:NAME"` (an environment variable) or `"file:/path"` (a file's text, without the newline
  at its end; relative to the configuration file). Keep secrets there.
- **The environment** goes over the file: `TURNKEEPER_SERVER__PORT=9000`, `TURNKEEPER_CHANNELS__SHOP__API_BASE=…`.
- Unknown keys stop the start, with the nearest known name.
- The file is read at the start; restart to change something. What is made in the console counts within seconds.
"""

_NONE = {"reads": "all"}
"""What is written for no value at all, where that is not "off"."""


def as_markdown() -> str:
    """Every section with its keys."""
    parts = [_HEAD]
    for name, model in SECTIONS.items():
        parts.append(_section(f"[{name}]", model))
    parts += _kinds("channels", {kind: registry.find(kind).keys for kind in registry.kinds()})
    parts += _kinds("bots", BOT_KINDS)
    parts += _kinds("providers", PROVIDER_KINDS)
    parts += _kinds("tools", TOOL_KINDS)
    parts.append(_section("[knowledge.NAME]", KnowledgeKeys))
    parts += _kinds("transcribers", TRANSCRIBER_KINDS)
    parts += _kinds("payments", PAYMENT_KINDS)
    parts.append(_section("[event_sources.NAME]", EventSourceKeys))
    parts.append(_section("[api_tokens.NAME]", ApiTokenKeys))
    parts.append(_section("[sign_in.oidc]", OidcKeys))
    parts += _kinds("subscriptions", SUBSCRIPTION_KINDS)
    parts.append(_section("[sequences.NAME]", SequenceKeys))
    return "\n".join(parts)


def _kinds(section: str, kinds: Mapping[str, type[BaseModel]]) -> Iterator[str]:
    for kind, model in kinds.items():
        yield _section(f'[{section}.NAME], kind = "{kind}"', model)


def _section(title: str, model: type[BaseModel]) -> str:
    lines = [f"## `{title}`", "", (model.__doc__ or "").strip(), ""]
    lines += ["| key | default | example | meaning |", "|---|---|---|---|"]
    for name, info in model.model_fields.items():
        example = f"`{info.examples[0]}`" if info.examples else ""
        meaning = (info.description or "").replace("|", "\\|")
        lines.append(f"| `{name}` | {_default(name, info)} | {example} | {meaning} |")
    return "\n".join(lines) + "\n"


def _default(name: str, info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True, validated_data={})
    match value:
        case SecretStr():
            return f'`"{value.get_secret_value()}"`'
        case RateLimit():
            return f'`"{value.count}/{_spoken(value.per)}"`'
        case bool():
            return f"`{str(value).lower()}`"
        case float():
            return f'`"{_spoken(value)}"`' if _is_duration(info) else f"`{value:g}`"
        case str():
            return f'`"{value}"`'
        case ():
            return "none"
        case tuple():
            return f"`{json.dumps(value, ensure_ascii=False)}`"
        case dict() if not value:
            return "none"
        case None:
            return f'`"{_NONE.get(name, "off")}"`'
        case _:
            return f"`{value}`"


def _is_duration(info: FieldInfo) -> bool:
    return any(getattr(each, "func", None) in (read_duration, read_duration_or_off) for each in info.metadata)


def _spoken(seconds: float) -> str:
    """A duration as one would write it: the largest unit from two of it on."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= 2 * length and seconds % length == 0:
            return f"{seconds / length:g}{unit}"
    return f"{seconds:g}s"
