"""Typed functions as tools: what a model is told of them, and what they are given."""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from turnkeeper.llm.toolbox import ToolContext
from turnkeeper.llm.tools.functions import FunctionTool, ToolMisdeclared, tool
from turnkeeper.testing.virtual_time import run

if TYPE_CHECKING:
    from turnkeeper import Turn

CONTEXT = ToolContext("the turn", "the key")


class Size(enum.Enum):
    SMALL = "small"
    LARGE = "large"


class Place(BaseModel):
    city: str
    street: str | None = None


def given(function: Callable[..., Any], **arguments: Any) -> Any:
    return run(FunctionTool(function).call(arguments, CONTEXT)).content


@tool
async def search(
    day: date,
    turn: Turn,
    kind: Literal["concert", "fair"] = "concert",
    place: Place | None = None,
    size: Size = Size.SMALL,
    most: Annotated[int, Field(ge=1, le=20)] = 5,
) -> list[Place]:
    """Find events
    on a day.

    Only those in the city.

    day: The day that is meant.
    :param kind: What sort.
    nonsense: Not a parameter.
    """
    assert turn == "the turn"
    return [Place(city=f"{day:%d.%m.} {kind} {size.name} {most}", street=place and place.city)]


def test_what_a_model_is_told() -> None:
    spec = FunctionTool(search).spec
    assert (spec.name, spec.description) == ("search", "Find events on a day.")
    properties = spec.parameters["properties"]
    assert list(properties) == ["day", "kind", "place", "size", "most"]
    assert properties["day"] == {"type": "string", "format": "date", "description": "The day that is meant."}
    assert properties["kind"]["enum"] == ["concert", "fair"]
    assert properties["kind"]["description"] == "What sort."
    assert (properties["most"]["minimum"], properties["most"]["maximum"]) == (1, 20)
    assert spec.parameters["required"] == ["day"]
    assert spec.parameters["additionalProperties"] is False


def test_arguments_arrive_as_their_types_and_models_come_back_as_json() -> None:
    found = given(search, day="2026-11-21", kind="fair", place={"city": "Bern"}, size="large", most=2)
    assert found == '[{"city":"21.11. fair LARGE 2","street":"Bern"}]'


@tool(effect=True, name="book")
def _book(seats: int, key: str, *, turn: Any) -> str:
    """Book seats."""
    return f"{seats} {key} {turn} {threading.current_thread() is threading.main_thread()}"


def test_one_that_is_not_async_runs_in_a_thread_with_key_and_turn_of_ours() -> None:
    booking = FunctionTool(_book)
    assert (booking.spec.name, booking.effect, booking.repeatable) == ("book", True, True)
    assert not FunctionTool(search).repeatable
    assert list(booking.spec.parameters["properties"]) == ["seats"]
    assert given(_book, seats=2) == "2 the key the turn False"


def test_a_turn_whose_state_has_a_type_is_the_turn_too() -> None:
    def quoted(day: str, at: Turn[Place]) -> str:
        """Say what it got."""
        return f"{day} {at}"

    assert given(quoted, day="today") == "today the turn"


def test_a_function_without_the_decorator_is_a_tool_without_effect() -> None:
    async def greet(name: str) -> str:
        """Greet."""
        return f"Hello, {name}"

    assert FunctionTool(greet).effect is False
    assert given(greet, name="Ada") == "Hello, Ada"


def test_the_decorator_leaves_the_function_as_it_is() -> None:
    assert _book(1, "k", turn=None).startswith("1 k None")


def silent(day: str) -> None: ...


def several(*days: str) -> None:
    """Several."""


def hidden(_day: str) -> None:
    """Hidden."""


def odd(how: Callable[[], int]) -> None:
    """Odd."""


def unknown(day: Nowhere) -> None:  # type: ignore[name-defined]  # noqa: F821
    """Unknown."""


WRONG = [
    (silent, "silent needs a docstring"),
    (several, "has no name that a model could fill in"),
    (hidden, "no parameter's name may begin with an underscore"),
    (odd, "odd: its parameters cannot be told as JSON"),
    (unknown, "unknown: its annotations cannot be read: name 'Nowhere' is not defined"),
]


@pytest.mark.parametrize(("function", "problem"), WRONG, ids=[row[0].__name__ for row in WRONG])
def test_what_cannot_be_told_is_said_at_the_start(function: Callable[..., Any], problem: str) -> None:
    with pytest.raises(ToolMisdeclared, match=problem):
        FunctionTool(function)
