"""Step results and arguments as JSON, and back as the type that the function says it returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, get_type_hints

import msgspec

from turnkeeper.model.agents import Spent
from turnkeeper.model.errors import BotError
from turnkeeper.model.llm import Usage

_UNKEPT = "$not_storable"
_UNKEPT_START = b'{"$not_storable":'


class NotStorable(BotError):
    """A step's arguments or result cannot be kept as JSON."""


class _Spending(msgspec.Struct):
    """As much of a result as tells what it took of models."""

    usage: Usage | None = None


_spending = msgspec.json.Decoder(_Spending).decode


def spent_in(stored: bytes) -> Spent:
    """What a stored result says that it took; no price is no money."""
    return spent_of(_spending(stored).usage or Usage())


def spent_of(usage: Usage) -> Spent:
    """What counts for the day; no price is no money."""
    return Spent(usage.tokens, round((usage.cost or 0.0) * 1_000_000))


class Results:
    """Encodes and decodes for one function. pydantic models are kept by their own `model_dump`."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._name = getattr(function, "__name__", repr(function))
        try:
            self._type = get_type_hints(function).get("return", Any)
        except (NameError, TypeError, AttributeError):
            self._type = Any

    def arguments(self, values: Sequence[Any]) -> bytes:
        """As JSON; raises NotStorable."""
        return self._encoded(list(values), "an argument")

    def encode(self, value: Any) -> bytes:
        """A result as JSON; raises NotStorable."""
        return self._encoded(value, "its result")

    def happened(self, value: Any) -> bytes:
        """An effect's result. It has happened: what cannot be kept is raised by `decode`, now and at every try."""
        try:
            return self.encode(value)
        except NotStorable as error:
            return msgspec.json.encode({_UNKEPT: str(error)})

    def _encoded(self, value: Any, what: str) -> bytes:
        try:
            return msgspec.json.encode(value, enc_hook=_encodable)
        except (TypeError, ValueError, RecursionError, msgspec.MsgspecError) as error:
            raise NotStorable(f"step {self._name}: {what} cannot be kept as JSON: {error}") from error

    def decode(self, stored: bytes) -> Any:
        """As the annotated return type, or as plain JSON where that does not fit. Raises NotStorable."""
        return decoded(stored, self._type)


def decoded(stored: bytes, wanted: Any) -> Any:
    """A stored result as a type, or as plain JSON where that does not fit. Raises NotStorable."""
    if stored.startswith(_UNKEPT_START):
        raise NotStorable(msgspec.json.decode(stored)[_UNKEPT])
    if wanted in (Any, None, type(None)):
        return msgspec.json.decode(stored)
    try:
        return msgspec.json.decode(stored, type=wanted, dec_hook=_decodable)
    except (TypeError, ValueError, msgspec.MsgspecError):
        return msgspec.json.decode(stored)


def _encodable(value: Any) -> Any:
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    raise TypeError(f"it holds a {type(value).__name__}")


def _decodable(wanted: type, value: Any) -> Any:
    if hasattr(wanted, "model_validate"):
        return wanted.model_validate(value)
    raise TypeError(f"no way to make a {wanted.__name__}")
