"""Where people inside older versions of a flow go on, as its author said when newer ones were published.

Somebody is moved by each publication in turn, as though they had been there when it happened: only from a node that
it maps, and only while nothing of this turn has been decided. Whoever stands where nothing was mapped finishes on the
version that they are in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec
from msgspec.structs import replace as changed

from turnkeeper.flows.model import Flow, Node
from turnkeeper.flows.nodes.message import Message
from turnkeeper.flows.problems import Problem
from turnkeeper.flows.state import FlowState, Frame
from turnkeeper.flows.walking import Passage

Mapped = Mapping[int, Mapping[str, str]]
"""Of older versions: the nodes, and the nodes of the new version in which people go on."""


@dataclass(frozen=True, slots=True)
class Publications:
    """What is known of one flow: the version in which people begin it now, and who was to be moved into each."""

    published: int
    mappings: Mapping[int, Mapped]


class Moved(NamedTuple):
    """Where somebody is now; a line for each node that they were moved from, and how that is counted."""

    state: FlowState
    told: tuple[str, ...] = ()
    passed: tuple[Passage, ...] = ()


MOVED = "moved"
"""How the node is left that somebody was moved from."""


@dataclass(slots=True)
class _Moving:
    flows: Mapping[str, Publications]
    told: list[str] = field(default_factory=list)
    passed: list[Passage] = field(default_factory=list)

    def place(self, name: str, version: int, node: str) -> tuple[int, str]:
        known = self.flows.get(name)
        if known is None:
            return version, node
        for newer in sorted(known.mappings):
            if not version < newer <= known.published:
                continue
            target = known.mappings[newer].get(version, {}).get(node)
            if target is not None:
                self.told.append(f"{name}: moved from {node} (version {version}) to {target} (version {newer})")
                self.passed += (Passage(name, version, node, MOVED), Passage(name, newer, target))
                version, node = newer, target
        return version, node

    def frame(self, frame: Frame) -> Frame:
        version, node = self.place(frame.flow, frame.version, frame.node)
        return changed(frame, version=version, node=node)


def moved(state: FlowState, flows: Mapping[str, Publications]) -> Moved:
    """The state as it goes on: of the flow that the person is in, and of those that wait for it."""
    if not state.is_running:
        return Moved(state)
    moving = _Moving(flows)
    version, at = moving.place(state.flow, state.version, state.at)
    frames = tuple(moving.frame(frame) for frame in state.stack)
    if not moving.told:
        return Moved(state)
    there = changed(state, version=version, at=at, stack=frames)
    return Moved(there, tuple(moving.told), tuple(moving.passed))


def read_mapping(raw: bytes) -> Mapped:
    """A mapping as it is kept. Raises msgspec.ValidationError, msgspec.DecodeError."""
    return msgspec.json.decode(raw, type=dict[int, dict[str, str]])


def mapping_problems(mapping: Mapped, new: Flow, older: Mapping[int, Flow]) -> Iterator[Problem]:
    """Why people could not be moved so. `older`: of the versions named, those that there are."""
    for version, nodes in mapping.items():
        flow = older.get(version)
        if flow is None:
            yield Problem("", f"the mapping names version {version}, which was never published")
            continue
        for source, target in nodes.items():
            yield from _of_pair(version, flow, new, source, target)


def _of_pair(version: int, old: Flow, new: Flow, source: str, target: str) -> Iterator[Problem]:
    if source not in old.nodes:
        yield Problem(source, f"the mapping moves people from it, and version {version} has no such node")
    elif target not in new.nodes:
        yield Problem(target, f"the mapping moves people here from {source}, and there is no such node")
    else:
        was, is_now = old.nodes[source], new.nodes[target]
        if was.type != is_now.type:
            what = f"the mapping moves people here from {source}, a node of the type {was.type}"
            mend = "What the one waits for means nothing to the other: map it to a node of the same type."
            yield Problem(target, what, mend)
        elif _waits(old, was) and not _waits(new, is_now):
            what = f"the mapping moves people here from {source}, who wait for what this node does not take"
            yield Problem(target, what, "Map it to a node that waits as well, or leave it out.")


def _waits(flow: Flow, node: Node) -> bool:
    """A message does where it offers something to choose."""
    return node.data.waits(flow, node.id) if isinstance(node.data, Message) else node.data.WAITS
