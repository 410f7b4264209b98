"""Typed Python functions as tools: the schema from the annotations, the description from the docstring.

    @tool
    async def search_events(day: date, turn: Turn, limit: int = 5) -> list[Event]:
        \"\"\"Find events on a day.

        day: The day that is meant, in the city's own time.
        \"\"\"

What the model may fill in are all parameters but `turn` and `key`, which are ours.
"""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_origin, get_type_hints, overload

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from turnkeeper.llm.calls import ToolReply
from turnkeeper.llm.toolbox import ToolContext, WrongArguments, result_text
from turnkeeper.model.llm import ToolSpec

F = TypeVar("F", bound=Callable[..., Any])
_MARK = "__turnkeeper_tool__"
_OURS = ("turn", "key")
_MOST_PROBLEMS = 5
_PARAMETER = re.compile(r"\s*(?::param\s+)?(?P<name>[A-Za-z_]\w*)\s*(?:\([^)]*\))?\s*:\s+(?P<text>\S.*)")


class ToolMisdeclared(ValueError):
    """A function that cannot be told to a model as it stands; the words say what to mend."""


class _Turn:
    """Stands for an author's `Turn` or `Turn[State]`, which may be imported for the type checker only."""

    def __class_getitem__(cls, _: object) -> type[_Turn]:
        return cls


@dataclass(frozen=True, slots=True)
class _Marked:
    """What the decorator was told."""

    name: str
    effect: bool


@overload
def tool(function: F) -> F: ...
@overload
def tool(*, effect: bool = False, name: str | None = None) -> Callable[[F], F]: ...
def tool(function: F | None = None, *, effect: bool = False, name: str | None = None) -> F | Callable[[F], F]:
    """Let models use a function, which stays what it is.

    `effect`: what it does cannot be taken back, so that it happens at most once a turn, under the idempotency key in
    its parameter `key` if it has one, and newer messages wait. `name`: for models; else the function's own.
    """

    def mark(marked: F) -> F:
        setattr(marked, _MARK, _Marked(name or marked.__name__, effect))
        return marked

    return mark if function is None else mark(function)


class FunctionTool:
    """A function as a Tool. Raises ToolMisdeclared."""

    def __init__(self, function: Callable[..., Any]) -> None:
        marked = getattr(function, _MARK, None) or _Marked(function.__name__, False)
        self._function = function
        self.effect: bool = marked.effect
        try:
            self._takes, self._turn, self._key = _parameters(marked.name, function)
            schema = self._takes.model_json_schema()
        except ToolMisdeclared:
            raise
        except Exception as error:  # whatever pydantic says of somebody's annotations
            raise ToolMisdeclared(f"{marked.name}: its parameters cannot be told as JSON: {error}") from error
        self.repeatable = self._key
        """A function that takes its key knows what it has done under it."""
        schema.pop("title", None)
        for described in schema.get("properties", {}).values():
            described.pop("title", None)
        description = _description(function)
        if not description:
            raise ToolMisdeclared(f"{marked.name} needs a docstring: it tells the model when to use it")
        self.spec = ToolSpec(marked.name, description, schema)

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raises WrongArguments."""
        self._read(arguments)

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolReply:
        """Call the function; in a thread if it is not `async`."""
        read = self._read(arguments)
        given: dict[str, Any] = {name: getattr(read, name) for name in type(read).model_fields}
        if self._turn is not None:
            given[self._turn] = context.turn
        if self._key:
            given["key"] = context.key
        if inspect.iscoroutinefunction(inspect.unwrap(self._function)):
            value = await self._function(**given)
        else:
            value = await asyncio.to_thread(self._function, **given)
            if inspect.isawaitable(value):
                value = await value
        return value if isinstance(value, ToolReply) else ToolReply(result_text(value))

    def _read(self, arguments: Mapping[str, Any]) -> BaseModel:
        """As the annotations say; "5" is a number, but a truth value is none."""
        written = msgspec.json.encode(arguments)
        try:
            return self._takes.model_validate_json(written, strict=True)
        except ValidationError:
            pass
        try:
            read = self._takes.model_validate_json(written)
        except ValidationError as error:
            raise WrongArguments(_worded(error)) from None
        for name, value in arguments.items():
            number = getattr(read, name, None)
            if isinstance(value, bool) and isinstance(number, int | float) and not isinstance(number, bool):
                raise WrongArguments(f"{name}: a number is needed")
        return read


def _worded(error: ValidationError) -> str:
    """What is wrong, without what was given."""
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    told = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in problems[:_MOST_PROBLEMS]]
    return "; ".join(told)


def _parameters(name: str, function: Callable[..., Any]) -> tuple[type[BaseModel], str | None, bool]:
    """A model of what may be filled in; the parameter that takes the turn; whether there is one for the key."""
    hints = _hints(name, function)
    told = _told_parameters(function)
    fields: dict[str, Any] = {}
    turn: str | None = None
    key = False
    for each in inspect.signature(function).parameters.values():
        if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD, each.POSITIONAL_ONLY):
            raise ToolMisdeclared(f"{name}: {each} has no name that a model could fill in")
        if each.name == "turn" or _is_turn(hints.get(each.name)):
            turn = each.name
        elif each.name == "key":
            key = True
        elif each.name.startswith("_"):
            raise ToolMisdeclared(f"{name}: no parameter's name may begin with an underscore, as {each.name} does")
        else:
            default = ... if each.default is each.empty else each.default
            annotation = hints.get(each.name, str)
            described = told.get(each.name)
            field = Field(default) if described is None else Field(default, description=described)
            fields[each.name] = (annotation, field)
    # Protected names of pydantic (`model_…`) are ordinary words here.
    config = ConfigDict(extra="forbid", protected_namespaces=())
    return create_model(name, __config__=config, **fields), turn, key


def _hints(name: str, function: Callable[..., Any]) -> dict[str, Any]:
    known = {"Turn": _Turn, **getattr(inspect.unwrap(function), "__globals__", {})}
    try:
        return get_type_hints(function, globalns=known, include_extras=True)
    except (NameError, TypeError) as error:
        raise ToolMisdeclared(f"{name}: its annotations cannot be read: {error}") from error


def _is_turn(annotation: object) -> bool:
    if annotation is _Turn:
        return True
    named = get_origin(annotation) or annotation
    return getattr(named, "__qualname__", "") == "Turn" and "turnkeeper" in getattr(named, "__module__", "")


def _description(function: Callable[..., Any]) -> str:
    """The docstring's first paragraph."""
    return " ".join((inspect.getdoc(function) or "").partition("\n\n")[0].split())


def _told_parameters(function: Callable[..., Any]) -> dict[str, str]:
    """What the docstring says of parameters: `name: text` or `:param name: text`, one a line, below the first one."""
    names = set(inspect.signature(function).parameters)
    rest = (inspect.getdoc(function) or "").partition("\n")[2]
    found = (_PARAMETER.fullmatch(line) for line in rest.splitlines())
    return {each["name"]: each["text"].strip() for each in found if each is not None and each["name"] in names}
