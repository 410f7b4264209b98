"""What a node is: how it is entered, what it makes of a signal, and what can be wrong with it. Nothing here decides.

One type of node is one file beside this one: its data as a struct, which answers these questions. A node sees its Spot
and nothing else; what it does is its Move.
"""

from __future__ import annotations

from abc import ABCMeta, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from turnkeeper.flows.effects import Effect, Ending, KeepField, Say, SetStage, Tag
from turnkeeper.flows.model import NEXT, Flow, Texts
from turnkeeper.flows.signals import Replied, Signal
from turnkeeper.flows.state import Awaited
from turnkeeper.flows.values import filled, looked_up, names_in, values_of
from turnkeeper.model.contents import Reply
from turnkeeper.model.flows import TAGS

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking


@dataclass(frozen=True, slots=True)
class Here:
    """What is so around a flow as it decides: the contact, the conversation, the time where the contact is.

    `contact`: `name`, `phone`, `language`, `tags` and the fields kept; `session`, `channel`, `window`: what the
    conditions' fields of these names show. `seed` is the conversation's own: whatever is drawn by lot comes from it.
    `languages`: as guessed from what the person wrote, best first.
    """

    local: datetime
    contact: Mapping[str, Any] = field(default_factory=dict)
    session: Mapping[str, Any] = field(default_factory=dict)
    channel: Mapping[str, Any] = field(default_factory=dict)
    window: Mapping[str, Any] = field(default_factory=dict)
    seed: str = ""
    languages: tuple[str, ...] = ()

    def after(self, effects: Sequence[Effect]) -> Here:
        """As it is once these are done: for the nodes that come after them in the same decision."""
        if not any(isinstance(effect, KeepField | Tag | SetStage) for effect in effects):
            return self
        contact, session = dict(self.contact), dict(self.session)
        for effect in effects:
            match effect:
                case KeepField(name=name, value=value):
                    contact[name] = value
                case Tag(name=name, on=on):
                    others = [each for each in contact.get(TAGS) or () if each != name]
                    contact[TAGS] = [*others, name] if on else others
                case SetStage(stage=stage):
                    session["stage"] = stage
        return replace(self, contact=contact, session=session)


class Spot(msgspec.Struct, frozen=True, dict=True):
    """A node in use. `call`: the number of what it last asked for; `next_call`: of what it asks for now; `tries` and
    `memo` as in FlowState; `reply`: what the person said last in this turn."""

    flow: Flow
    node: str
    here: Here
    variables: Mapping[str, Any]
    language: str
    call: int
    tries: int
    memo: Any
    visits: int
    reply: Replied

    @property
    def next_call(self) -> int:
        """The number of the next thing that is asked for."""
        return self.call + 1

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """What marks and conditions can name: the flow's variables, then what is so around it."""
        local = self.here.local
        return {
            **self.variables,
            "contact": self.here.contact,
            "session": self.here.session,
            "channel": self.here.channel,
            "window": self.here.window,
            "message": self.reply.label or self.reply.text,
            "choice": self.reply.choice,
            "message_kind": _kind(self.reply),
            "time": {
                "date": local.date().isoformat(),
                "hour": local.hour,
                "clock": f"{local.hour:02}:{local.minute:02}",
                "weekday": local.isoweekday(),
            },
        }

    def value(self, path: str) -> Any:
        """What a name stands for now."""
        return looked_up(self.data, path)

    def text(self, texts: Texts) -> str:
        """A text in the person's language, its marks as they are."""
        return self.flow.said(texts, self.language)

    def filled(self, texts: Texts) -> str:
        """A text in the person's language, its marks filled in: for models and calls, not for Markdown."""
        return filled(self.text(texts), self.data)

    def say(self, content: Reply, more: Mapping[str, Any] | None = None) -> Say:
        """A message whose marks whoever sends it fills in. `more`: what is known besides."""
        marked = [text for text in _texts_in(content) if "{{" in text]
        if not marked:
            return Say(content)
        data = {**self.data, **more} if more else self.data
        return Say(content, {mark: said for text in marked for mark, said in values_of(text, data).items()})


def _kind(reply: Replied) -> str:
    if reply.files:
        return reply.files[0].kind
    if reply.place is not None:
        return "location"
    return "contact" if reply.phone and not reply.text else "text"


def _texts_in(content: Reply) -> Iterator[str]:
    if isinstance(content, str):
        yield content
        return
    stack = [msgspec.to_builtins(content)]
    while stack:
        each = stack.pop()
        if isinstance(each, str):
            yield each
        elif isinstance(each, dict):
            stack.extend(each.values())
        elif isinstance(each, list | tuple):
            stack.extend(each)


class Leave(msgspec.Struct, frozen=True):
    """On to the node behind an exit. `sets`: variables; `why`: for whoever asks later."""

    by: str = NEXT
    effects: tuple[Effect, ...] = ()
    sets: Mapping[str, Any] = {}
    why: str = ""


class Stay(msgspec.Struct, frozen=True):
    """Wait here. `missed`: an answer did not do, one more try is used up."""

    awaits: tuple[Awaited, ...]
    effects: tuple[Effect, ...] = ()
    sets: Mapping[str, Any] = {}
    memo: Any = None
    missed: bool = False
    asked: bool = False
    """Something was asked for, under the spot's `next_call`."""
    why: str = ""


class GiveUp(msgspec.Struct, frozen=True):
    """What the person does is not what was asked for, and there are no more tries: the flow's fallback."""

    why: str = ""


class Visit(msgspec.Struct, frozen=True):
    """Into another flow, and on by `next` when that one is over (`again`: here once more); `sets`: its variables as it
    begins."""

    flow: str
    sets: Mapping[str, Any] = {}
    again: bool = False
    why: str = ""


class Stop(msgspec.Struct, frozen=True):
    """The flow is over; a flow that called it goes on, unless a person does."""

    ending: Ending
    effects: tuple[Effect, ...] = ()
    why: str = ""


Move = Leave | Stay | GiveUp | Visit | Stop


class _NodeMeta(msgspec.StructMeta, ABCMeta):
    """A struct that says what its kinds have to answer."""


class NodeData(
    msgspec.Struct,
    metaclass=_NodeMeta,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    dict=True,
):
    """What one kind of box knows and does. Its struct's fields are its form in the editor."""

    TYPE: ClassVar[str] = ""
    TITLE: ClassVar[str] = ""
    """What the kind is called, in words."""
    WAITS: ClassVar[bool] = False
    """It always waits for something from outside."""

    def exits(self) -> tuple[str, ...]:
        """By which exits the node can be left."""
        return (NEXT,)

    def needs(self) -> tuple[str, ...]:
        """Of these, the ones that have to lead somewhere; by the others the flow may end."""
        return ()

    def expects(self, flow: Flow, node: str) -> tuple[str, ...]:
        """Of these, the ones by which people leave it as a rule: whoever leaves one away should know that the flow
        ends there."""
        return (NEXT,) if NEXT in self.exits() else ()

    def waits(self, flow: Flow, node: str) -> bool:
        """Whether nobody gets through it within one turn, so that a circle through it is no endless one."""
        return self.WAITS

    @abstractmethod
    def enter(self, spot: Spot) -> Move:
        """What happens when the flow comes here."""

    def hear(self, spot: Spot, signal: Signal) -> Move | None:
        """What happens with a signal while the flow waits here; None: it is not for this node."""
        return None

    def texts(self) -> Iterator[tuple[str, Texts]]:
        """What the person is shown, by the name of its field."""
        return iter(())

    def reads(self) -> Iterator[str]:
        """The names that it uses, besides those in its texts."""
        return iter(())

    def sets(self) -> Iterator[str]:
        """The variables that it sets."""
        return iter(())

    def calls(self) -> Iterator[str]:
        """The flows that it goes into."""
        return iter(())

    def problems(self, checking: Checking) -> Iterator[str]:
        """What is wrong with it, besides what every node is checked for."""
        return iter(())

    def doubts(self, checking: Checking) -> Iterator[tuple[str, str]]:
        """What may be meant otherwise, and what to do about it: it keeps no flow from being published."""
        return iter(())


def without_models(checking: Checking) -> Iterator[tuple[str, str]]:
    """The doubt of a node that asks a model, where there is none."""
    if checking.models is not None and not checking.models:
        yield "the bot has no models: people leave it by 'failed'", 'Name "models" of the bot in turnkeeper.toml.'


def marks_in(texts: Iterable[Texts]) -> Iterator[str]:
    """The names in texts of any language."""
    for each in texts:
        for text in (each,) if isinstance(each, str) else each.values():
            yield from names_in(text)
