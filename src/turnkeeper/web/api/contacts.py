"""Contacts: who writes, what is known of them and what they agreed to; one person or two; everything, or nothing."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import StreamingResponse

from turnkeeper.model.agents import Fact
from turnkeeper.model.contacts import ContactPlace, WholeContact
from turnkeeper.model.flows import TAGS
from turnkeeper.model.ids import BotId, ContactId, ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.inbox import InboxRow
from turnkeeper.rules import consent as consents
from turnkeeper.store.base import Store
from turnkeeper.store.contacts import FactName
from turnkeeper.store.thread import Cursor, Entry
from turnkeeper.web.api import contact_bodies as bodies
from turnkeeper.web.api.access import Access, Administers, Answers, Reads
from turnkeeper.web.api.backend import Backend, Behind
from turnkeeper.web.api.conversation_rows import told
from turnkeeper.web.api.refusals import Refusal, Wrong

router = APIRouter(prefix="/contacts", tags=["contacts"])
_FOUND = 100
_PAGE = 200
_PLACE = re.compile(r"(\d{1,12}(?:\.\d{1,12})?)~([A-Za-z0-9_.:-]{1,64})")
_DOCUMENT: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/json": {"schema": {"type": "object"}}},
        "description": "All that is kept of them, as a file.",
    }
}
ContactName = Annotated[str, Path(max_length=64, description="The contact's id.")]


@router.get("")
async def list_contacts(
    access: Reads,
    behind: Behind,
    q: Annotated[str, Query(max_length=200, description="A name, or the end of a number.")] = "",
    tag: Annotated[str | None, Query(max_length=60)] = None,
    after: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> bodies.ContactPage:
    """Contacts, those first with whom something was said last; or those with that name or number."""
    if q.strip():
        found = await behind.store.search_contacts(access.workspace_id, q, _FOUND)
        ids = list(dict.fromkeys(each.contact_id for each in found))[:limit]
        items = await _listed(behind.store, access.workspace_id, ids)
        return bodies.ContactPage(items=[each for each in items if tag is None or tag in each.tags], next=None)
    heads = await behind.store.contacts_page(access.workspace_id, tag, _place(after), limit + 1)
    items = await _listed(behind.store, access.workspace_id, [each.id for each in heads[:limit]])
    place = heads[limit - 1].place if len(heads) > limit else None
    return bodies.ContactPage(items=items, next=None if place is None else f"{place.last_at!r}~{place.conversation_id}")


@router.get("/{contact_id}")
async def read_contact(contact_id: ContactName, access: Reads, behind: Behind) -> bodies.ContactTold:
    """One contact with all that is known of them."""
    whole = await _asked(behind, access, contact_id)
    return await _told(behind.store, whole)


@router.patch("/{contact_id}")
async def change_contact(
    contact_id: ContactName, body: bodies.ContactChange, access: Answers, behind: Behind
) -> bodies.ContactTold:
    """Call them otherwise, write what is known of them, tag them. Bots know it in their next turn."""
    whole = await _asked(behind, access, contact_id)
    key = (access.workspace_id, whole.row.id)
    facts: dict[FactName, bytes | None] = {
        (BotId(each.bot), each.name): None if each.value is None else msgspec.json.encode(each.value)
        for each in body.fields
        if each.name != TAGS
    }
    if any(each.name == TAGS for each in body.fields):
        raise Refusal(422, "tags are set by `tags`", [Wrong("fields", "`tags` is no field", "Set `tags` instead.")])
    if body.tags is not None:
        tags = list(dict.fromkeys(each.strip() for each in body.tags if each.strip()))
        known = await behind.store.facts(*key)
        bots = {*await _bots(behind.store, whole), *(each.bot_id for each in known if each.name == TAGS)}
        facts |= {(BotId(bot), TAGS): msgspec.json.encode(tags) if tags else None for bot in bots}
    if facts and not await behind.store.put_facts(*key, facts, behind.now()):
        raise _gone(contact_id)
    if body.name is not None and not await behind.store.rename_contact(*key, body.name.strip() or None):
        raise _gone(contact_id)
    changed = [*(["name"] if body.name is not None else []), *(name for _, name in facts)]
    if changed:
        await access.note("contact.changed", contact_id, {"what": sorted(set(changed))})
    return await _told(behind.store, await _asked(behind, access, contact_id))


@router.post("/{contact_id}/consent")
async def note_consent(
    contact_id: ContactName, body: bodies.ConsentBody, access: Answers, behind: Behind
) -> list[bodies.ContactConsent]:
    """Note what they told somebody that they want, or do not want any more."""
    if not consents.is_purpose(body.purpose):
        mend = "Write small letters, digits and underscores, a letter first; or * for everything."
        raise Refusal(422, f"purpose: is not a purpose. {mend}", [Wrong("purpose", "is not a purpose", mend)])
    whole = await _asked(behind, access, contact_id)
    if not whole.conversations:
        raise _gone(contact_id)
    for each in whole.conversations:
        await behind.store.set_consent(each.key, body.purpose, body.granted, "operator", behind.now())
    await access.note("contact.consent", contact_id, {"purpose": body.purpose, "granted": body.granted})
    return [bodies.consent(each) for each in await behind.store.consents(access.workspace_id, whole.row.id)]


@router.post("/{contact_id}/merge")
async def merge_contacts(
    contact_id: ContactName, body: bodies.MergeBody, access: Administers, behind: Behind
) -> bodies.ContactTold:
    """They are one person with another contact. Conversations stay apart and are this contact's; of what both know the
    newer counts; what either has taken back stays so."""
    if contact_id == body.other:
        raise Refusal(422, "a contact is one already with itself", [Wrong("with", "is this contact")])
    if not await behind.store.merge_contacts(access.workspace_id, ContactId(body.other), ContactId(contact_id)):
        raise Refusal(404, "one of them is no contact of this workspace, or has never written")
    await access.note("contact.merged", contact_id, {"with": body.other})
    return await _told(behind.store, await _asked(behind, access, contact_id))


@router.post("/{contact_id}/split")
async def split_contact(
    contact_id: ContactName, body: bodies.SplitBody, access: Administers, behind: Behind
) -> bodies.ContactNamed:
    """Whoever writes in one of the conversations is somebody else: they get it, its addresses, and what was learned in
    it. This undoes a merger."""
    conversation = ConversationId(body.conversation)
    part = await behind.store.split_contact(access.workspace_id, ContactId(contact_id), conversation, behind.now())
    if part is None:
        raise Refusal(409, "that is not a conversation of theirs, or the only one that they have")
    await access.note("contact.split", contact_id, {"conversation": body.conversation, "new": part})
    return bodies.ContactNamed(id=part)


@router.get("/{contact_id}/export", response_class=StreamingResponse, responses=_DOCUMENT)
async def export_contact(contact_id: ContactName, access: Administers, behind: Behind) -> StreamingResponse:
    """All that is kept of them, as one JSON document: who they are, what is known, and every word."""
    whole = await _asked(behind, access, contact_id)
    told = await _told(behind.store, whole)
    await access.note("contact.exported", contact_id)
    named = f'attachment; filename="contact-{whole.row.id}.json"'
    headers = {"content-disposition": named, "cache-control": "no-store"}
    return StreamingResponse(_exported(behind.store, whole, told), headers=headers, media_type="application/json")


@router.post("/{contact_id}/erase", status_code=204)
async def erase_contact(contact_id: ContactName, access: Administers, behind: Behind) -> Response:
    """Erase what was said, learned and kept of them, everywhere. That something was said stays in the figures, and what
    they have taken back stays so."""
    erased = await behind.store.erase_contact(access.workspace_id, ContactId(contact_id), behind.now())
    if erased is None:
        raise _gone(contact_id)
    behind.publish(erased.wakes)
    await access.note("contact.erased", contact_id, {"conversations": erased.conversations})
    return Response(status_code=204)


def _gone(contact_id: str) -> Refusal:
    return Refusal(404, f"there is no contact {contact_id} in this workspace")


async def _asked(behind: Backend, access: Access, contact_id: str) -> WholeContact:
    found = await behind.store.whole_contact(access.workspace_id, ContactId(contact_id))
    if found is None:
        raise _gone(contact_id)
    return found


async def _listed(store: Store, workspace_id: WorkspaceId, ids: list[ContactId]) -> list[bodies.ContactListed]:
    """In this order."""
    rows: dict[ContactId, list[InboxRow]] = {}
    for row in await store.rows_of_contacts(workspace_id, ids):
        rows.setdefault(row.contact_id, []).append(row)
    return [bodies.listed(rows[each]) for each in ids if each in rows]


async def _bots(store: Store, whole: WholeContact) -> list[str]:
    """Those that they write with."""
    rows = await store.rows_of_contacts(whole.row.workspace_id, [whole.row.id])
    return list(dict.fromkeys(each.bot_id for each in rows))


async def _told(store: Store, whole: WholeContact) -> bodies.ContactTold:
    row = whole.row
    rows = await store.rows_of_contacts(row.workspace_id, [row.id])
    facts: list[Fact] = await store.facts(row.workspace_id, row.id)
    payments = [each for one in whole.conversations for each in await store.payments_of(one.key)]
    return bodies.ContactTold(
        id=row.id,
        name=row.name,
        created_at=row.created_at,
        tags=bodies.tags_in(facts),
        bots=list(dict.fromkeys(each.bot_id for each in rows)),
        fields=[bodies.field(each) for each in facts if not each.name.startswith(bodies.OURS) and each.name != TAGS],
        consents=[bodies.consent(each) for each in await store.consents(row.workspace_id, row.id)],
        addresses=[
            bodies.ContactAddress(channel=each.channel_id, address=each.value, conversation=each.conversation_id)
            for each in whole.addresses
        ],
        conversations=[told(each) for each in rows],
        payments=[bodies.payment(each) for each in payments],
    )


async def _exported(store: Store, whole: WholeContact, told: bodies.ContactTold) -> AsyncIterator[bytes]:
    """The document piece by piece: one conversation, and one page of it, is in memory at a time."""
    yield b'{"contact":' + told.model_dump_json().encode()
    yield b',"known":' + msgspec.json.encode(
        [
            {"bot": each.bot_id, "name": each.name, "value": msgspec.Raw(each.value), "at": each.at}
            for each in await store.facts(whole.row.workspace_id, whole.row.id)
        ]
    )
    yield b',"conversations":['
    for nth, conversation in enumerate(whole.conversations):
        head = {"id": conversation.id, "channel": conversation.channel_id, "addresses": conversation.addresses}
        yield (b"," if nth else b"") + b'{"conversation":' + msgspec.json.encode(head) + b',"newest_first":['
        first = True
        async for entry in _entries(store, conversation.key):
            yield (b"" if first else b",") + msgspec.json.encode(_entry(entry))
            first = False
        yield b"]}"
    yield b"]}"


async def _entries(store: Store, key: ConversationKey) -> AsyncIterator[Entry]:
    cursor: Cursor | None = Cursor()
    while cursor is not None:
        page = await store.thread(key, cursor, _PAGE)
        for entry in page.entries:
            yield entry
        cursor = page.next


def _entry(entry: Entry) -> Mapping[str, object]:
    """A line of the conversation, with all that is kept of it."""
    kept = {"event": entry.inbound, "said": entry.content, "note": entry.note, "handover": entry.handover}
    found = {name: value for name, value in kept.items() if value is not None}
    return {"id": entry.id, "at": entry.at, "who": entry.who, "name": entry.name, **found}


def _place(after: str | None) -> ContactPlace | None:
    if after is None:
        return None
    found = _PLACE.fullmatch(after)
    if found is None:
        raise Refusal(422, "after: is no place of ours; leave it out to begin anew", [Wrong("after", "is no place")])
    return ContactPlace(float(found[1]), ConversationId(found[2]))
