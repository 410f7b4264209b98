"""JSON with something else at one of its places, and what may come of it."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import strategies as st

from turnkeeper.model.events import Inbound, Received, words

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(["\x00", "\ud800", "", "0", "-1", "9" * 400, "x" * 1000, 10**30, -(10**30)])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value, the whole first."""
    yield path
    inner: Any = ()
    if isinstance(value, dict):
        inner = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    for key, item in inner:
        yield from places(item, (*path, key))


def mutated(draw: Any, value: Any) -> Any:
    """The value with something else, nothing, or a list at one of its places."""
    path = draw(st.sampled_from(list(places(value))))
    new = draw(JSON)
    if not path:
        return new
    value = copy.deepcopy(value)
    holder = value
    for key in path[:-1]:
        holder = holder[key]
    match draw(st.sampled_from(["replace", "remove", "wrap"])):
        case "replace":
            holder[path[-1]] = new
        case "remove":
            del holder[path[-1]]
        case "wrap":
            holder[path[-1]] = [holder[path[-1]]]
    return value


def check_storable(found: list[Received]) -> None:
    """A database takes it: no NUL, no lone surrogate, keys of bounded length."""
    for event in found:
        shown = msgspec.json.encode(event)
        assert b"\\u0000" not in shown.replace(b"\\\\", b"")
        json.dumps(msgspec.to_builtins(words(event)), ensure_ascii=False).encode()
        short = [event.account_id, getattr(event, "message_id", None) or "", *getattr(event, "addresses", ())]
        short.append(getattr(event, "dedup_key", ""))
        assert max(map(len, short)) < 600
        assert not isinstance(event, Inbound) or event.addresses
