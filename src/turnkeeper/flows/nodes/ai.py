"""A model answers: the node's prompt as its task, the conversation as its context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Final

import msgspec

from turnkeeper.flows.effects import AskModel, Choosable, Say
from turnkeeper.flows.model import FAILED, NEXT, Flow, Texts
from turnkeeper.flows.nodes.base import Leave, Move, NodeData, Spot, Stay, marks_in, without_models
from turnkeeper.flows.signals import Failed, ModelAnswered, Replied, Signal
from turnkeeper.flows.values import NAME, values_of

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking

_TALKS: Final = "talks"
_MOST_WAYS: Final = 100


class Way(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An `exit` that the model may choose, and `when` it is meant ("the person wants to buy")."""

    exit: str
    when: str


class Ai(NodeData, frozen=True):
    """Asks a model (`prompt`: its task) what to answer to what the person wrote last, says it (unless `say` is false;
    `save` keeps it) and goes on. Behind a button that is what stands on the button: `wait` before it for a question.

    `ways`: the closed list of exits of which it may choose one, `next` being none of them. `variables`: what
    it may set, and what each is. `stay`: the person goes on talking with it until it chooses a way.

    `history`: how many earlier messages it reads; `knowledge`: whether it may look things up. `model`: which of the
    bot's is asked first; `temperature`, `max_tokens`: as its provider has them.

    A prompt that marks stages (`!!Stage Welcome!!`) is answered in their format, unless there are ways or variables.
    """

    TYPE: ClassVar[str] = "ai"
    TITLE: ClassVar[str] = "AI"

    prompt: Texts
    model: str = ""
    temperature: float | None = None
    max_tokens: int | None = None
    history: int = 10
    knowledge: bool = True
    say: bool = True
    save: str = ""
    stay: bool = False
    ways: tuple[Way, ...] = ()
    variables: Mapping[str, str] = {}

    def exits(self) -> tuple[str, ...]:
        """`next`, one for each way, `failed`."""
        return (NEXT, *(way.exit for way in self.ways), FAILED)

    def enter(self, spot: Spot) -> Move:
        """Ask the model."""
        return self._asked(spot, "asks a model")

    def hear(self, spot: Spot, signal: Signal) -> Move | None:
        """The model's answer, or the next words of the person in a conversation that stays."""
        match signal:
            case ModelAnswered():
                return self._answered(spot, signal)
            case Failed():
                return Leave(FAILED, why=f"no model answered: {signal.reason}")
            case Replied() if spot.memo == _TALKS:
                return self._asked(spot, "the person goes on")
            case Replied():  # while the model is asked: its answer would be to something else
                return self._asked(spot, "the person wrote more: asked again")
        return None

    def _asked(self, spot: Spot, why: str) -> Move:
        task = spot.text(self.prompt)
        marked = (task, *(way.when for way in self.ways))
        ask = AskModel(
            spot.next_call,
            task,
            spot.reply.label or spot.reply.text,
            spot.filled(self.model),
            self.temperature,
            self.max_tokens,
            self.history,
            self.knowledge,
            tuple(Choosable(way.exit, way.when) for way in self.ways),
            self.variables,
            {mark: said for text in marked if "{{" in text for mark, said in values_of(text, spot.data).items()},
        )
        return Stay(("model", "reply"), (ask,), asked=True, why=why)

    def _answered(self, spot: Spot, answer: ModelAnswered) -> Move:
        sets = {name: value for name, value in answer.values.items() if name in self.variables}
        if self.save:
            sets[self.save] = answer.text
        parts = answer.parts or ((answer.text,) if answer.text.strip() else ())
        said = tuple(Say(part) for part in parts) if self.say else ()
        known = {way.exit for way in self.ways}
        if answer.exit in known:
            return Leave(answer.exit, said, sets, why=f"the model chose {answer.exit}")
        if self.stay:
            return Stay(("reply",), said, sets, memo=_TALKS, why="stays in conversation")
        odd = f", which is no way here: {answer.exit!r}" if answer.exit else ""
        return Leave(NEXT, said, sets, why=f"the model answered{odd}")

    def expects(self, flow: Flow, node: str) -> tuple[str, ...]:
        """Its ways, and `next` unless it stays until one is chosen."""
        ways = tuple(way.exit for way in self.ways)
        return ways if self.stay else (NEXT, *ways)

    def reads(self) -> Iterator[str]:
        """What its prompt names."""
        yield from marks_in((self.prompt, *(way.when for way in self.ways)))

    def sets(self) -> Iterator[str]:
        """What it may set."""
        yield from self.variables
        if self.save:
            yield self.save

    def problems(self, checking: Checking) -> Iterator[str]:
        """No task, ways that cannot be told apart, a conversation that nothing ends."""
        if not self.prompt:
            yield "it has no prompt"
        if self.stay and not self.ways:
            yield "a conversation that stays needs ways out of it"
        if len(self.ways) > _MOST_WAYS:
            yield f"it has {len(self.ways)} ways, a model chooses of at most {_MOST_WAYS}"
            return
        exits = [way.exit for way in self.ways]
        for exit_ in {each for each in exits if exits.count(each) > 1 or each in (NEXT, FAILED, "")}:
            yield (
                f"a way cannot be called {exit_!r}" if exits.count(exit_) == 1 else f"several ways are called {exit_!r}"
            )
        for name in (*self.variables, *filter(None, (self.save,))):
            if not NAME.fullmatch(name):
                yield f"{name!r} is not a variable's name"
        if self.temperature is not None and not 0 <= self.temperature <= 2:
            yield "the temperature is 0 to 2"
        if self.max_tokens is not None and not 1 <= self.max_tokens <= 100_000:
            yield "max_tokens is 1 to 100000"
        if not 0 <= self.history <= 200:
            yield "history is 0 to 200 messages"

    def doubts(self, checking: Checking) -> Iterator[tuple[str, str]]:
        """Nobody to ask."""
        yield from without_models(checking)
