"""Searching conversations: names and numbers first, then the newest messages, alike on every store.

A message's words lead with its workspace and `t`, a contact's with `n`: lists are walked that hold nobody else's. The
text itself is not kept a second time; it is read from where it was said.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Final, NamedTuple, Protocol

from turnkeeper.model.ids import ConversationId, WorkspaceId
from turnkeeper.model.inbox import InboxFilter, InboxRow, SearchHit, SearchPage, Source
from turnkeeper.text.excerpts import Wanted, endings, excerpt, forms, wanted

NAMES: Final = 10
"""Conversations that are found by the contact's name or number, before the messages."""
_NAMES_READ: Final = 200
_PAGE: Final = 200
"""Messages that are looked at in one go."""
_MOST_READ: Final = 1000
"""And for one page of results, so that what few conversations fulfil takes no longer."""
_SCOPE: Final = 6
_TICK: Final = 21
"""Bits of an id behind the milliseconds."""
NEWEST: Final = 2**63 - 1
Terms = Sequence[Sequence[tuple[str, bool]]]
"""For each word what it may stand as in the index; True: words that begin so."""


class Entry(NamedTuple):
    """Where a text stands whose words are in the index."""

    id: int
    conversation_id: ConversationId
    source: Source
    seq: int
    at: float


class Said(NamedTuple):
    """A text of a conversation, and who said it."""

    role: str
    text: str


class Index(Protocol):
    """What searching asks of a store, all in one workspace."""

    async def named(self, terms: Terms, limit: int) -> list[ConversationId]:
        """Conversations of contacts whose name or number has these, in no order."""

    async def entries(self, terms: Terms, before: int, limit: int) -> list[Entry]:
        """Messages with these words and an id below, the newest first."""

    async def rows(self, ids: Sequence[ConversationId], wanted: InboxFilter) -> list[InboxRow]:
        """Those of these conversations that are wanted."""

    async def said(self, entries: Sequence[Entry]) -> Mapping[int, Said]:
        """The texts, by the entry's id; those that are still there."""


def scope(workspace_id: str) -> str:
    """What the words of a workspace begin with in the index: six letters and digits.

    Two workspaces with the same would be listed together and cost time; whose entries they are is asked by name."""
    digest = blake2b(workspace_id.encode("utf-8", "surrogatepass"), digest_size=4).digest()
    return b32encode(digest).decode().lower()[:_SCOPE]


def entry_id(conversation_id: str, source: Source, seq: int, at: float) -> int:
    """Where an entry stands: by time; of a contact's name below zero."""
    place = f"{conversation_id}\x1f{source}\x1f{seq}".encode("utf-8", "surrogatepass")
    digest = int.from_bytes(blake2b(place, digest_size=8).digest(), "big")
    if source == "name":
        return -1 - digest % 2**62
    return (max(0, int(at * 1000)) << _TICK) + digest % (1 << _TICK)


def text_words(workspace_id: str, text: str) -> list[str]:
    """The words of a message as they stand in the index."""
    return [f"{scope(workspace_id)}t{form}" for form in forms(text)]


def name_words(workspace_id: str, name: str, address: str) -> list[str]:
    """The words of a contact's name, and the endings of the number."""
    found = dict.fromkeys([*forms(name), *forms(address), *endings(address)])
    return [f"{scope(workspace_id)}n{form}" for form in found]


def _terms(workspace_id: str, sought: Wanted, kind: str) -> Terms:
    lead = scope(workspace_id) + kind
    if kind == "n" and sought.number:
        return [[(lead + sought.number, True)]]
    groups = [[(lead + form, False) for form in each] for each in sought.words]
    if sought.beginning:
        groups.append([(lead + form, nth == 0) for nth, form in enumerate(sought.beginning)])
    return groups


async def search(
    index: Index, workspace_id: WorkspaceId, question: str, narrowed: InboxFilter, limit: int, after: str | None
) -> SearchPage:
    """A page of what is found."""
    sought = wanted(question)
    if sought.is_empty:
        return SearchPage([], None)
    found: list[SearchHit] = []
    if after is None:
        found = await _by_name(index, workspace_id, sought, narrowed, min(limit, NAMES))
    before = NEWEST if after is None else int(after)
    seen = {hit.row.conversation_id for hit in found}
    read = 0
    while len(found) < limit:
        entries = await index.entries(_terms(workspace_id, sought, "t"), before, _PAGE)
        room = limit - len(found)
        hits, reached = await _of_messages(index, entries, sought, narrowed, seen, room)
        found += hits
        before, read = reached if reached is not None else before, read + len(entries)
        if len(entries) < _PAGE and len(hits) < room:
            return SearchPage(found, None)
        if read >= _MOST_READ:
            break
    return SearchPage(found, str(before))


async def named(index: Index, workspace_id: WorkspaceId, question: str, limit: int) -> list[InboxRow]:
    """Conversations of contacts with that name or number, the newest first."""
    sought = wanted(question)
    if sought.is_empty:
        return []
    ids = await index.named(_terms(workspace_id, sought, "n"), _NAMES_READ)
    return sorted(await index.rows(ids, InboxFilter()), key=_newest, reverse=True)[:limit] if ids else []


async def _by_name(
    index: Index, workspace_id: WorkspaceId, sought: Wanted, narrowed: InboxFilter, limit: int
) -> list[SearchHit]:
    ids = await index.named(_terms(workspace_id, sought, "n"), _NAMES_READ)
    rows = sorted(await index.rows(ids, narrowed), key=_newest, reverse=True)[:limit] if ids else []
    return [_name_hit(row, sought) for row in rows]


def _newest(row: InboxRow) -> float:
    return row.last_at


def _name_hit(row: InboxRow, sought: Wanted) -> SearchHit:
    shown = f"{row.name} · {row.address}" if row.name else row.address
    text, hits = excerpt(shown, sought)
    return SearchHit(row, "name", 0, "contact", row.last_at, text, hits)


async def _of_messages(
    index: Index,
    entries: Sequence[Entry],
    sought: Wanted,
    narrowed: InboxFilter,
    seen: set[ConversationId],
    limit: int,
) -> tuple[list[SearchHit], int | None]:
    """The hits, a conversation once, and the last entry that was looked at."""
    first: dict[ConversationId, Entry] = {}
    for entry in entries:
        if entry.conversation_id not in seen:
            first.setdefault(entry.conversation_id, entry)
    rows = {row.conversation_id: row for row in await index.rows(list(first), narrowed)} if first else {}
    chosen = [entry for entry in first.values() if entry.conversation_id in rows][:limit]
    texts = await index.said(chosen) if chosen else {}
    seen.update(entry.conversation_id for entry in chosen)
    hits = [_hit(rows[each.conversation_id], each, texts[each.id], sought) for each in chosen if each.id in texts]
    reached = chosen[-1].id if len(chosen) == limit else entries[-1].id if entries else None
    return hits, reached


def _hit(row: InboxRow, entry: Entry, said: Said, sought: Wanted) -> SearchHit:
    text, hits = excerpt(said.text, sought)
    return SearchHit(row, entry.source, entry.seq, said.role, entry.at, text, hits)
