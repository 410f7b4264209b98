"""How the bot key `fallback_template` is written: what goes instead of words when the provider's window is closed."""

import re
from collections.abc import Mapping

from turnkeeper.channels.keys import wrong
from turnkeeper.model.contents import Template
from turnkeeper.model.policy import FallbackTemplate
from turnkeeper.rules import templates
from turnkeeper.rules.fallback import TEXT

_EXAMPLE = 'Write { name = "answer_ready", language = "en", body = ["{text}"] }.'
_KNOWN = ("body", "language", "name", "named")
_BRACED = re.compile(r"\{(\w*)\}")


def read_fallback(value: object) -> FallbackTemplate | None:
    """A template's name, language and parameters, in which `{text}` stands for the words; "off" for none."""
    if value is None or value == "off" or isinstance(value, FallbackTemplate):
        return value if isinstance(value, FallbackTemplate) else None
    if not isinstance(value, Mapping):
        wrong(f"{value!r} is not a table", _EXAMPLE)
    if unknown := sorted(set(value) - set(_KNOWN)):
        wrong(f"{unknown[0]!r} is not a setting of a template", f"Known: {', '.join(_KNOWN)}.")
    name, language = _word(value, "name"), _word(value, "language")
    body, named = value.get("body", ()), value.get("named", {})
    if not isinstance(body, list | tuple) or not isinstance(named, Mapping):
        wrong("body is a list of parameters, named a table of them", _EXAMPLE)
    for parameter in (*body, *named.values()):
        _parameter(parameter)
    found = FallbackTemplate(name, language, tuple(body), tuple(named.items()))
    sample = Template(name, language, tuple(_filled(each) for each in body), {k: _filled(v) for k, v in named.items()})
    if problems := templates.problems(sample):
        wrong(problems[0], _EXAMPLE)
    return found


def _word(table: Mapping[str, object], key: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        wrong(f"a template needs its {key}", _EXAMPLE)
    return value


def _parameter(value: object) -> None:
    if not isinstance(value, str):
        wrong(f"{value!r} is not a parameter of a template", _EXAMPLE)
    if unknown := [each for each in _BRACED.findall(value) if each != "text"]:
        wrong(f"{{{unknown[0]}}} stands for nothing here", f"Only {TEXT} does: for what the bot said.")


def _filled(parameter: str) -> str:
    return parameter.replace(TEXT, "words")
