"""A flow as its author drew it: nodes, the edges between them, and what counts everywhere in it.

The document is the JSON that visual editors export (`nodes: [{id, type, position, data}]`, `edges: [{id, source,
target, sourceHandle}]`) with our settings beside them; `flows.reading` makes a Flow of one and back again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from turnkeeper.model.folding import fold

if TYPE_CHECKING:
    from turnkeeper.flows.nodes.base import NodeData

FORMAT: Final = 1
"""The version of the document. Older ones are brought up to it as they are read (flows.reading)."""
NEXT: Final = "next"
"""The exit of a node that has only one."""
FAILED: Final = "failed"
"""The exit that is taken when a model, a call or a tool gave nothing. Where it leads nowhere, the fallback counts."""
START: Final = "start"
"""The type of the node that a flow begins with."""

Texts = str | Mapping[str, str]
"""A text, or one for each language (`en`, `pt-BR`)."""


class Position(msgspec.Struct, frozen=True):
    """Where the editor shows a node."""

    x: float = 0.0
    y: float = 0.0


class Edge(msgspec.Struct, frozen=True, omit_defaults=True):
    """From an exit of one node to another node."""

    id: str
    source: str
    target: str
    exit: str = NEXT


@dataclass(frozen=True, slots=True)
class Node:
    """A box. `title`: what its author calls it; `data` knows what the box does."""

    id: str
    type: str
    data: NodeData
    position: Position = field(default_factory=Position)
    title: str = ""

    @property
    def name(self) -> str:
        """What it is shown as."""
        return self.title or self.id


class Fallback(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What happens when a person does not do what an asking node expects, and its tries are over: on to a `node`, into
    another `flow` (and back to the question afterwards), or to a `person`; one of them. Without any: a person. So it is
    where a model or a call gave nothing and no edge says where that leads. `text` is said before."""

    node: str = ""
    flow: str = ""
    person: bool = False
    text: Texts = ""


class Word(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Words that mean the same everywhere in the flow, as whole messages, in any script.

    `does`: `cancel` ends the flow, `help` says its text and stays, `person` hands over, `go` goes to `node`.
    """

    words: tuple[str, ...]
    does: Literal["cancel", "help", "person", "go"]
    text: Texts = ""
    node: str = ""


@dataclass(frozen=True)
class Flow:
    """One version of a flow. `variables`: names and what they are for, where the author has declared them."""

    name: str
    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]
    version: int = 0
    language: str = "en"
    languages: tuple[str, ...] = ()
    fallback: Fallback = field(default_factory=Fallback)
    words: tuple[Word, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    priority: int = 0
    """Of the flows whose triggers fit, the one with the highest begins."""

    @cached_property
    def exits(self) -> Mapping[tuple[str, str], str]:
        """Where each exit of each node leads; of several edges from one exit the first counts."""
        found: dict[tuple[str, str], str] = {}
        for edge in self.edges:
            found.setdefault((edge.source, edge.exit), edge.target)
        return found

    @cached_property
    def first(self) -> str | None:
        """The node that the flow begins with; None: there is none."""
        return next((node.id for node in self.nodes.values() if node.type == START), None)

    @cached_property
    def meanings(self) -> Mapping[str, Word]:
        """What each word means, by its folded form."""
        found: dict[str, Word] = {}
        for word in self.words:
            for each in word.words:
                found.setdefault(folded_word(each), word)
        found.pop("", None)
        return found

    @cached_property
    def spoken(self) -> tuple[str, ...]:
        """The languages that the flow is written in, its own first."""
        texts = [texts for node in self.nodes.values() for _, texts in node.data.texts()]
        texts += [word.text for word in self.words] + [self.fallback.text]
        written_in = [language for each in texts if not isinstance(each, str) for language in each]
        return tuple(dict.fromkeys((self.language, *self.languages, *sorted(set(written_in)))))

    def speaks(self, language: Any) -> str:
        """The flow's own language that comes nearest to one ("pt" to "pt-BR"); "" for none."""
        if not isinstance(language, str) or not language:
            return ""
        wanted = language.strip().replace("_", "-").lower()
        exact = (each for each in self.spoken if each.lower() == wanted)
        near = (each for each in self.spoken if _primary(each) == _primary(wanted))
        return next(exact, "") or next(near, "")

    def leads_to(self, node: str, leaving_by: str) -> str | None:
        """The node behind an exit; None: the flow ends there."""
        return self.exits.get((node, leaving_by))

    def said(self, texts: Texts, language: str) -> str:
        """A text in a language; else in the flow's, else in any."""
        if isinstance(texts, str):
            return texts
        for wanted in (language, _primary(language)):
            if texts.get(wanted):
                return texts[wanted]
        near = (text for each, text in texts.items() if text and _primary(each) == _primary(language))
        return next(near, "") or texts.get(self.language, "") or next(filter(None, texts.values()), "")


def _primary(language: str) -> str:
    return language.partition("-")[0].lower()


def folded_word(text: str) -> str:
    """How a word of the author's, or a whole message, compares: also one of signs alone, such as an emoji."""
    return fold(text) or "".join(text.replace("\ufe0f", "").split())


Book = Mapping[str, Flow]
"""The flows that may be called, by name, in the versions that count for one person."""
