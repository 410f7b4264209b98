"""The inbox's questions as SQL, alike on every store: each walks one index, in the order that is wanted.

Of several things that are wanted the rarest leads, and where a store has no statistics (`hidden`) the others are kept
from leading.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.inbox import COUNTED_TO, InboxChoices, InboxFilter, InboxPlace, InboxRow

Mark = Callable[[int], str]
"""The nth parameter."""
Hidden = Callable[[str], str]
"""A column that no index is to be chosen for."""
COLUMNS: Final = InboxRow.__struct_fields__
_ORDERS: Final = {
    "newest": ("last_at", False),
    "waiting": ("waiting_since", True),
    "closing": ("window_closes_at", True),
}
_UNREAD: Final = "i.contact_count > i.seen_count"
_CHOICES: Final = (("inbox", "channel_id"), ("inbox", "bot_id"), ("inbox", "stage"), ("inbox_tag", "tag"))
_MOST_CHOICES: Final = 100
_COUNTED: Final = (
    "true",
    _UNREAD,
    "i.waiting_since is not null",
    "i.escalated_at is not null",
    "i.failed_at is not null",
    "i.mode = 'human'",
    "i.mode = 'paused'",
)


class Query:
    """A statement with its parameters."""

    def __init__(self, mark: Mark, hidden: Hidden) -> None:
        self._mark = mark
        self._hidden = hidden
        self.values: list[Any] = []

    def put(self, value: Any) -> str:
        """A parameter's mark."""
        self.values.append(value)
        return self._mark(len(self.values))

    def conditions(self, wanted: InboxFilter, *, leads: bool) -> list[str]:
        """What a row must fulfil; `leads`: the first equality may choose the index. Without tag."""
        found = [f"i.{name} is not null" for name in _needed(wanted)]
        if wanted.unread:
            found.append(_UNREAD)
        equal = [("stage", wanted.stage), ("mode", None if wanted.mode == "bot" else wanted.mode)]
        equal += [("channel_id", wanted.channel_id), ("bot_id", wanted.bot_id)]
        equal += [("mode", wanted.mode if wanted.mode == "bot" else None)]
        for name, value in equal:
            if value is not None:
                shown = f"i.{name}" if leads else self._hidden(f"i.{name}")
                found.append(f"{shown} = {self.put(value)}")
                leads = False
        if wanted.closing is not None:
            at = "i.window_closes_at" if wanted.order == "closing" else self._hidden("i.window_closes_at")
            first, last = map(self.put, wanted.closing)
            found.append(f"{at} >= {first} and {at} < {last}")
        return found


def _needed(wanted: InboxFilter) -> list[str]:
    """What there must be."""
    by, _ = _ORDERS[wanted.order]
    waits = wanted.waiting or wanted.order == "waiting"
    asked = [("escalated_at", wanted.escalated), ("failed_at", wanted.failed), ("waiting_since", waits)]
    return [name for name, is_wanted in [*asked, ("window_closes_at", by == "window_closes_at")] if is_wanted]


def page(query: Query, workspace_id: WorkspaceId, wanted: InboxFilter, after: InboxPlace | None, limit: int) -> str:
    """A page of conversations in the order that is wanted."""
    by, rises = _ORDERS[wanted.order]
    workspace = query.put(workspace_id)
    tagged = wanted.tag is not None and wanted.order == "newest"
    place = "t" if tagged else "i"
    where = [f"{place}.workspace_id = {workspace}"]
    source = "inbox i"
    if tagged:
        source = "inbox_tag t join inbox i on i.workspace_id = t.workspace_id and i.conversation_id = t.conversation_id"
        where.append(f"t.tag = {query.put(wanted.tag)}")
    elif wanted.tag is not None:
        where.append(_has_tag(query, wanted.tag))
    where += query.conditions(wanted, leads=wanted.order == "newest" and not tagged)
    if after is not None:
        sign = ">" if rises else "<"
        at, id_ = query.put(after.at), query.put(after.conversation_id)
        where.append(f"({place}.{by}, {place}.conversation_id) {sign} ({at}, {id_})")
    way = "" if rises else " desc"
    return f"""select {listed()} from {source} where {" and ".join(where)}
  order by {place}.{by}{way}, {place}.conversation_id{way} limit {query.put(limit)}"""


def narrowed(query: Query, workspace_id: WorkspaceId, keys: str, wanted: InboxFilter) -> str:
    """Those of some conversations that are wanted; `keys`: the ids as a subquery or list, for `in`."""
    where = [f"i.workspace_id = {query.put(workspace_id)}", f"i.conversation_id in {keys}"]
    if wanted.tag is not None:
        where.append(_has_tag(query, wanted.tag))
    where += query.conditions(wanted, leads=False)
    return f"select {listed()} from inbox i where {' and '.join(where)}"


def counts(workspace: str) -> str:
    """How many there are of each kind, in one row; `workspace`: the parameter's mark."""
    each = (
        f"""(select count(*) from (
    select 1 from inbox i where i.workspace_id = {workspace} and {kind} limit {COUNTED_TO + 1}) counted)"""
        for kind in _COUNTED
    )
    return "select " + ", ".join(each)


def choices(workspace: str) -> str:
    """The names that there are, each with what it names. Looks up one after the other, so a million rows of one
    channel are one step; `workspace`: the parameter's mark."""
    parts = []
    for number, (table, column) in enumerate(_CHOICES):
        next_one = f"select min({column}) from {table} where workspace_id = {workspace} and {column} is not null"
        parts.append(f"""select * from (with recursive found(value, nth) as (
    select ({next_one}), 1
    union all select ({next_one} and {column} > found.value), nth + 1
      from found where found.value is not null and nth < {_MOST_CHOICES}
  ) select {number} as kind, value from found where value is not null) as of_{column}""")
    return " union all ".join(parts) + " order by 1, 2"


def chosen(rows: Sequence[Sequence[Any]]) -> InboxChoices:
    """What `choices` has found."""
    return InboxChoices(*(tuple(value for kind, value in rows if kind == n) for n in range(len(_CHOICES))))


def listed() -> str:
    """The columns of a row."""
    return ", ".join(f"i.{field}" for field in COLUMNS)


def _has_tag(query: Query, tag: str) -> str:
    return f"""exists (select 1 from inbox_tag g where g.workspace_id = i.workspace_id
    and g.tag = {query.put(tag)} and g.last_at = i.last_at and g.conversation_id = i.conversation_id)"""


FIGURES: Final = {
    "hour": "hour",
    "day": "hour - hour % 86400",
    "channel": "channel_id",
    "bot": "bot_id",
    "total": "''",
}
"""What figures are summed by."""


def figures(by: str, workspace: str, since: str, until: str) -> str:
    """Sums; the rest are marks."""
    group = FIGURES[by]
    return f"""select cast({group} as text), name, cast(sum(value) as bigint) from figure
  where workspace_id = {workspace} and hour >= {since} and hour < {until} group by 1, 2 order by 1, 2"""
