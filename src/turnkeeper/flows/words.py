"""Words that mean the same everywhere in a flow, and in the flows that it calls."""

from __future__ import annotations

from typing import Final

from turnkeeper.flows.effects import Effect, HandOver
from turnkeeper.flows.model import Flow, Word, folded_word
from turnkeeper.flows.nodes.base import Leave, Stop
from turnkeeper.flows.signals import Replied
from turnkeeper.flows.walking import BY_WORD, Walk

CANCEL: Final = "cancel"
"""The exit of a node that says where to go when the person wants out."""


def word_for(walk: Walk, said: Replied) -> tuple[Word, Flow, int] | None:
    """The word that a message is, the flow whose word it is, and how many flows further out that one is.

    A word that stands on a button which is offered now is an answer, not a word to the flow.
    """
    flow, node = walk.flow, walk.node
    if said.choice or not said.text or flow is None or node is None:
        return None
    folded = folded_word(said.text)
    titles = getattr(node.data, "titles", None)
    if titles is not None and folded in {folded_word(each) for each in titles(flow, walk.language)}:
        return None
    for out, each in enumerate((flow, *(walk.book.get(frame.flow) for frame in reversed(walk.stack)))):
        if each is not None and (word := each.meanings.get(folded)) is not None:
            return word, each, out
    return None


def obey(walk: Walk, word: Word, flow: Flow, out: int) -> None:
    """Do what the word is for."""
    text = flow.said(word.text, walk.language)
    said: tuple[Effect, ...] = (walk.spot().say(text),) if text else ()
    why = f"the person said {walk.reply.text!r}"[:200]
    match word.does:
        case "cancel" if walk.leads_to(CANCEL) is not None:
            walk.go(Leave(CANCEL, said, why=why))
        case "cancel":
            walk.go(Stop("cancelled", said, why=why))
        case "help":
            walk.effects += said
            walk.tell(f"help: {why}")
        case "person":
            walk.go(Stop("handed_over", (*said, HandOver("the person asked for one")), why=why))
        case "go":
            walk.effects += said
            walk.tell(f"to {word.node}: {why}")
            walk.leave_flows(out, BY_WORD)
            walk.jump(word.node, BY_WORD)
