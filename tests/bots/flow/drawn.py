"""Flows for tests, written as short as they can be."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from turnkeeper.bots.flow.bot import FlowBot
from turnkeeper.engine.flows import FixedShelf
from turnkeeper.flows.model import Flow
from turnkeeper.flows.reading import read
from turnkeeper.model.ids import BotId


def flow(name: str, *nodes: tuple[str, str, Mapping[str, Any]], edges: str = "", **settings: Any) -> Flow:
    """A flow of (id, type, data). `edges`: "a>b, a:yes>c"; without any, one node leads to the next."""
    drawn = [{"id": id_, "type": kind, "data": data} for id_, kind, data in nodes]
    pairs = [each.strip() for each in edges.split(",") if each.strip()]
    if not pairs:
        pairs = [f"{one[0]}>{other[0]}" for one, other in pairwise(nodes)]
    lines = []
    for place, pair in enumerate(pairs):
        source, _, target = pair.partition(">")
        source, _, leaving = source.partition(":")
        lines.append({"id": f"e{place}", "source": source, "target": target, "sourceHandle": leaving or "next"})
    version = settings.pop("version", 1)
    return read({"format": 1, "name": name, "nodes": drawn, "edges": lines, **settings}, version=version)


def start(*triggers: Mapping[str, Any]) -> tuple[str, str, Mapping[str, Any]]:
    """The first node."""
    return ("start", "start", {"triggers": list(triggers)} if triggers else {})


def says(id_: str, text: Any, **data: Any) -> tuple[str, str, Mapping[str, Any]]:
    """A message."""
    return (id_, "message", {"text": text, **data})


ANYTHING = start({"kind": "first_message"})


def bot(*flows: Flow, default: str = "", **more: Any) -> FlowBot:
    """A bot of these."""
    return FlowBot(BotId("bot"), FixedShelf(flows, default), **more)
