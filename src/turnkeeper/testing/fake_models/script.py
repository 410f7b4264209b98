"""What a fake model answers, and what goes wrong instead; written without any provider's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Family = Literal["openai", "azure", "openrouter", "anthropic", "google"]
"""Whose words are spoken. A compatible server speaks OpenAI's."""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that is called; `arguments` as an object, or as the model's own text, which may be broken."""

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str = ""


@dataclass(frozen=True, slots=True)
class Cite:
    """A stretch of the answer and what it rests on: the document with this place in the request."""

    text: str
    quote: str
    document: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Says:
    """An answer. `finish` None: as the rest suggests; `cost`: told by OpenRouter only."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    cites: tuple[Cite, ...] = ()
    """Follow the text, each as a stretch of its own."""
    thinking: str = ""
    finish: Literal["stop", "length", "filtered"] | None = None
    input_tokens: int = 12
    cached_tokens: int = 0
    output_tokens: int = 5
    cost: float | None = None
    after: float = 0.0
    """Seconds before the answer."""

    @property
    def whole(self) -> str:
        """All its words."""
        return self.text + "".join(each.text for each in self.cites)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fails:
    """Something else than an answer. Made by the functions below."""

    how: Literal["error", "html", "garbage", "reset", "silence", "cut", "ends", "in_200", "refused", "blocked"]
    status: int = 500
    kind: str = ""
    """A word for the provider's code: too_long, quota, busy, overloaded, key, model; else what the status means."""
    message: str = ""
    headers: tuple[tuple[str, str], ...] = ()


Answer = Says | Fails


def says(text: str, **more: Any) -> Says:
    """Words."""
    return Says(text=text, **more)


def calls(*wanted: Call, text: str = "", **more: Any) -> Says:
    """Tools that are wanted, with words before them or none."""
    return Says(text=text, calls=wanted, **more)


def error(status: int, message: str = "", kind: str = "", **headers: str) -> Fails:
    """An error in the provider's own words. `headers`: with `_` for `-`, as `retry_after="7"`."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Fails(how="error", status=status, message=message, kind=kind, headers=named)


def busy(retry_after: str = "") -> Fails:
    """429, with the header if given: seconds or a date."""
    fault = error(429, "Rate limit reached for requests", "busy")
    return replace(fault, headers=(("retry-after", retry_after),)) if retry_after else fault


def overloaded() -> Fails:
    """529 or 503, as the family has it."""
    return Fails(how="error", status=529, kind="overloaded", message="Overloaded")


def too_long() -> Fails:
    """More than the model can read."""
    return Fails(how="error", status=400, kind="too_long")


def out_of_credit() -> Fails:
    """Nobody has paid."""
    return Fails(how="error", status=429, kind="quota")


def html(status: int = 502) -> Fails:
    """A page, as proxies answer; also under 200."""
    return Fails(how="html", status=status)


def garbage(message: str = "") -> Fails:
    """200 with a body that is no answer; without a message it is not even JSON."""
    return Fails(how="garbage", status=200, message=message)


def reset() -> Fails:
    """The connection ends without an answer."""
    return Fails(how="reset")


def silence() -> Fails:
    """Nothing, for ever."""
    return Fails(how="silence")


def cut(text: str = "Half of an ans") -> Fails:
    """The connection breaks in the middle of the answer."""
    return Fails(how="cut", message=text)


def ends(text: str = "Half of an ans") -> Fails:
    """A stream that ends early and politely; for one that was not asked for, the same as `cut`."""
    return Fails(how="ends", message=text)


def in_200(status: int = 502, message: str = "Provider returned error") -> Fails:
    """An error inside a 200, as OpenRouter has it; the others' streams have it too."""
    return Fails(how="in_200", status=status, message=message)


def refused() -> Fails:
    """The model declines, in the family's way."""
    return Fails(how="refused", message="I can't help with that.")


def blocked() -> Fails:
    """A filter keeps the question from the model, in the family's way."""
    return Fails(how="blocked")
