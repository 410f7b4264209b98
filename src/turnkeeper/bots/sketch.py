"""What the code of a bot of stages says that it does, read from its functions' source; nothing of it is run.

Stages that are set to a name are found, also in functions that are given the turn; what is reckoned while the bot runs
is shown as UNKNOWN, not guessed.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import FunctionType
from typing import Any

from turnkeeper.bots.python import Bot
from turnkeeper.bots.stages import Moves

UNKNOWN = "?"
_DEEPEST = 8
"""How far functions that are given the turn are followed."""


@dataclass(frozen=True, slots=True)
class Move:
    """A stage or a handler (`source`, by its event's type) sets the stage; None: the start anew. `when`: the condition
    right around it, as it is written; `written`: it stands in the code, not only in `to`."""

    source: str
    target: str | None
    when: str = ""
    written: bool = True


@dataclass(slots=True)
class Doings:
    """What one function does, and those that it gives its turn to. `goes_on`: the stages that it calls itself."""

    goes: list[tuple[str | None, str]] = field(default_factory=list)
    timers: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    goes_on: list[str] = field(default_factory=list)
    pays: bool = False
    hands_over: bool = False


@dataclass(frozen=True, slots=True)
class Sketch:
    """A bot as its code tells it. `to`: what stages say themselves; `doings`: by stage and by event type."""

    name: str
    first: str | None
    stages: tuple[str, ...]
    to: Mapping[str, tuple[str, ...]]
    handlers: tuple[str, ...]
    undos: tuple[str, ...]
    doings: Mapping[str, Doings]

    def moves(self) -> list[Move]:
        """Every change of stage, each once, in the order of the code; then those that only a `to` tells of. A stage
        that calls another one moves there, whatever that does."""
        found = dict.fromkeys(
            Move(source, target, when)
            for source, doings in self.doings.items()
            for target, when in (*doings.goes, *((stage, "") for stage in doings.goes_on))
            if target != source or source in self.handlers
        )
        written = {(move.source, move.target) for move in found}
        told = [Move(source, target, written=False) for source, to in self.to.items() for target in to]
        return [*found, *(move for move in told if (move.source, move.target) not in written)]

    def forbidden(self) -> list[Move]:
        """Moves in the code that the stage's own `to` does not allow, or to stages that are not there."""
        moves = Moves(self.stages, self.to)
        wrong: list[Move] = []
        for source in self.doings:
            goes = [each for called in self._called(source, ()) for each in self.doings[called].goes]
            named = [(target, when) for target, when in goes if target not in (None, UNKNOWN, source)]
            reached = {source}
            for _ in named:  # by way of each other, in whatever order they are run
                reached |= {stage for each in reached for stage in moves.reached(each, [to for to, _ in named])}
            free = source in self.handlers
            wrong += [
                Move(source, target, when)
                for target, when in named
                if target not in self.stages or not (free or target in reached)
            ]
        return list(dict.fromkeys(wrong))

    def _called(self, source: str, before: tuple[str, ...]) -> tuple[str, ...]:
        """The stage or handler, and all stages that it calls, and that those call."""
        found = (*before, source)
        for stage in self.doings[source].goes_on:
            found = found if stage in found else self._called(stage, found)
        return found

    def undos_of_nothing(self) -> list[str]:
        """Undos of steps that no stage and no handler takes, as far as their names can be read."""
        steps = {step for doings in self.doings.values() for step in doings.steps}
        return [] if UNKNOWN in steps else [undo for undo in self.undos if undo not in steps]

    def is_paid_unheard(self) -> bool:
        """Whether it asks for money and nothing runs once it is there."""
        return any(doings.pays for doings in self.doings.values()) and "payment.paid" not in self.handlers

    def as_words(self) -> dict[str, Any]:
        """For programs."""
        moves = [
            {"from": each.source, "to": each.target, "when": each.when or None, "written": each.written}
            for each in self.moves()
        ]
        return {
            "bot": self.name,
            "first": self.first,
            "stages": [{"name": name, "to": list(self.to[name]) if name in self.to else None} for name in self.stages],
            "handlers": list(self.handlers),
            "moves": moves,
            "timers": [{"from": name, "timer": each} for name, doing in self.doings.items() for each in doing.timers],
            "payments": [name for name, doings in self.doings.items() if doings.pays],
            "handovers": [name for name, doings in self.doings.items() if doings.hands_over],
            "undos": list(self.undos),
        }


def sketch(bot: Bot[Any]) -> Sketch:
    """Read a bot's code."""
    functions: dict[str, Callable[..., Any]] = {**bot._stages, **bot._handlers}
    doings = {name: Doings() for name in functions}
    stages = {inspect.unwrap(function): name for name, function in bot._stages.items()}
    for name, function in functions.items():
        _read(function, 0, doings[name], frozenset(), stages)
    return Sketch(bot.name, bot._first, tuple(bot._stages), bot._to, tuple(bot._handlers), tuple(bot._undos), doings)


def _read(
    function: Callable[..., Any], place: int, doings: Doings, seen: frozenset[object], stages: Mapping[object, str]
) -> None:
    """Add what a function does with its parameter at `place`, the turn."""
    plain = inspect.unwrap(function)
    written = _definition(plain)
    if written is None or plain in seen or len(seen) > _DEEPEST:
        if written is None:
            doings.goes.append((UNKNOWN, ""))
        return
    parameters = [*written.args.posonlyargs, *written.args.args, *written.args.kwonlyargs]
    if place < len(parameters):
        reading = _Reading(parameters[place].arg, plain, doings, seen | {plain}, stages)
        for statement in written.body:
            reading.visit(statement, "")


def _definition(function: Callable[..., Any]) -> ast.FunctionDef | ast.AsyncFunctionDef | None:
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return None
    first = tree.body[0] if tree.body else None
    return first if isinstance(first, ast.FunctionDef | ast.AsyncFunctionDef) else None


class _Reading:
    """One function's body, read for what is done with the turn."""

    def __init__(
        self,
        turn: str,
        function: Callable[..., Any],
        doings: Doings,
        seen: frozenset[object],
        stages: Mapping[object, str],
    ) -> None:
        self._turn = turn
        self._doings = doings
        self._seen = seen
        self._stages = stages
        self._names: dict[str, Any] = {}
        if isinstance(function, FunctionType):
            found = inspect.getclosurevars(function)
            self._names = {**function.__globals__, **found.nonlocals}

    def visit(self, node: ast.AST, when: str) -> None:
        """A statement or an expression; `when`: the condition right around it."""
        match node:
            case ast.If(test=test, body=body, orelse=otherwise):
                self.visit(test, when)
                self._visit_all(body, ast.unparse(test))
                self._visit_all(otherwise, f"not ({ast.unparse(test)})" if _is_else(otherwise) else when)
                return
            case ast.match_case(pattern=pattern, body=body):
                self._visit_all(body, ast.unparse(pattern))
                return
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._assigned(target, value, when)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._assigned(target, value, when)
            case ast.AugAssign(target=target) if self._is_turns(target, "stage"):
                self._doings.goes.append((UNKNOWN, when))
            case ast.Call():
                self._called(node)
        self._visit_all(ast.iter_child_nodes(node), when)

    def _visit_all(self, nodes: Iterator[ast.AST] | list[ast.stmt], when: str) -> None:
        for node in nodes:
            self.visit(node, when)

    def _assigned(self, target: ast.expr, value: ast.expr, when: str) -> None:
        if isinstance(target, ast.Tuple | ast.List):
            values = value.elts if isinstance(value, ast.Tuple | ast.List) else []
            for place, each in enumerate(target.elts):
                fits = len(values) == len(target.elts)
                self._assigned(each, values[place] if fits else ast.Call(value, [], []), when)
        elif self._is_turns(target, "stage"):
            self._doings.goes += self._values(value, when)

    def _values(self, value: ast.expr, when: str) -> Iterator[tuple[str | None, str]]:
        match value:
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                yield from self._values(body, ast.unparse(test))
                yield from self._values(otherwise, f"not ({ast.unparse(test)})")
            case ast.BoolOp(values=values):
                for each in values:
                    yield from self._values(each, when)
            case _ if not self._is_turns(value, "stage"):
                yield self._constant(value), when

    def _constant(self, value: ast.expr) -> str | None:
        """A name that stands there, or that a constant of the module, a class or an enumeration has."""
        if isinstance(value, ast.Constant):
            return value.value if value.value is None or isinstance(value.value, str) else UNKNOWN
        found = self._looked_up(value)
        return str(found) if isinstance(found, str) else UNKNOWN

    def _looked_up(self, value: ast.expr) -> Any:
        match value:
            case ast.Name(id=name):
                return self._names.get(name)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in self._names:
                return inspect.getattr_static(self._names[name], attribute, None)
        return None

    def _is_turns(self, node: ast.expr, attribute: str) -> bool:
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=found):
                return name == self._turn and found == attribute
        return False

    def _called(self, call: ast.Call) -> None:
        match call.func:
            case ast.Attribute(value=ast.Name(id=self._turn), attr=done):
                self._done(done, call)
            case _:
                given = [*call.args, *(each.value for each in call.keywords)]
                places = [at for at, each in enumerate(given) if isinstance(each, ast.Name) and each.id == self._turn]
                function = self._looked_up(call.func)
                if places and isinstance(function, FunctionType):
                    self._gives(function, self._place(function, call, places[0]))

    def _gives(self, function: FunctionType, place: int) -> None:
        """The turn is given to another function, at that place."""
        plain = inspect.unwrap(function)
        if plain in self._stages:
            self._doings.goes_on.append(self._stages[plain])
        elif not (function.__module__ or "").startswith("turnkeeper."):
            _read(function, place, self._doings, self._seen, self._stages)

    def _place(self, function: FunctionType, call: ast.Call, given: int) -> int:
        """Where the function takes what is given in that place."""
        if given < len(call.args):
            return given
        keyword = call.keywords[given - len(call.args)].arg
        names = list(inspect.signature(function).parameters)
        return names.index(keyword) if keyword in names else len(names)

    def _done(self, done: str, call: ast.Call) -> None:
        match done:
            case "after" | "at":
                self._doings.timers += [self._named(call, 1)]
            case "step":
                self._doings.steps += [self._named(call, 0)]
            case "payment_link":
                self._doings.pays = True
            case "handover":
                self._doings.hands_over = True
            case "resume":
                self._doings.goes.append((UNKNOWN, "resume"))

    def _named(self, call: ast.Call, place: int) -> str:
        given = call.args[place] if place < len(call.args) else None
        value = next((each.value for each in call.keywords if each.arg == "name"), given)
        return (self._constant(value) if value is not None else None) or UNKNOWN


def _is_else(statements: list[ast.stmt]) -> bool:
    return not (len(statements) == 1 and isinstance(statements[0], ast.If))
