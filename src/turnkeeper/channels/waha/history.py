"""What WAHA still knows: the state of the session, what stands in a chat, and what came while nobody listened.

Source: WAHA's documentation of sessions and chats, read 2026. A list of messages may be empty because the engine keeps
none (NOWEB without its store), so what is not found was not necessarily never sent.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from turnkeeper.channels.base import Calls, HttpReply
from turnkeeper.channels.json_values import Item, listing, mapping, number, read_object, text
from turnkeeper.channels.waha import changes
from turnkeeper.channels.waha.config import WahaConfig
from turnkeeper.channels.waha.ids import chat_of, not_a_talk, read_chat, read_message_id
from turnkeeper.channels.waha.messages import Around, seconds
from turnkeeper.channels.waha.outcomes import objects, words_of
from turnkeeper.channels.waha.parse import around_of, messages, read
from turnkeeper.channels.waha.sending import key_of
from turnkeeper.channels.waha.sessions import NO_SESSION, session_status
from turnkeeper.model.contents import Contacts, Document, Image, Location, Reaction, Sayable, Text, Video
from turnkeeper.model.events import DeliveryUpdate, Ignored, Inbound, Received, SessionStatus
from turnkeeper.model.outbound import Accepted, NotSent, Outbound, Outcome, Unknown

_SKEW = 10.0
"""Seconds by which clocks may differ from ours."""
_LOOK = 30
"""Messages of a chat that are looked at for one of ours."""
_PAGES = (20, 3)
"""Messages or chats in one answer; fewer where so many are too large for one."""
_MOST_CHATS = 2000
_MOST_MESSAGES = 400
"""Of one chat: whoever wrote more meanwhile is not answered message by message."""


def resolve(outbound: Outbound, config: WahaConfig) -> Calls[Outcome | None]:
    """Look for a message in its chat: by its key, else by what it says. None: it is not there, which proves nothing."""
    if isinstance(outbound.content, Reaction):
        return NotSent("the same emoji twice is one emoji", limit=3)
    chat = chat_of(outbound.addresses)
    if chat is None:
        return None
    query = {"limit": _LOOK, "offset": 0, "downloadMedia": "false", "sortBy": "timestamp", "sortOrder": "desc"}
    reply = yield config.get(config.at_chat(chat, f"messages?{urlencode(query)}"))
    found = objects(reply) if 200 <= reply.status < 300 else None
    if found is None:
        return None if 400 <= reply.status < 500 and reply.status != 422 else Unknown("the chat cannot be read now")
    ours = [each for each in found if each.get("fromMe") is True]
    key = key_of(outbound)
    mine = next((each for each in ours if _key(each) == key), None) or _alike(ours, outbound)
    if mine is None:
        return None
    if mine.get("ack") == -1:
        return NotSent("WhatsApp did not take the message (ack ERROR)", limit=3)
    return Accepted(_key(mine))


def _key(message: Item) -> str | None:
    found = read_message_id(message.get("id"))
    return found.key if found else None


def _alike(ours: list[Item], outbound: Outbound) -> Item | None:
    """The newest that says the same, and was sent by a program since the message could have been."""
    if outbound.not_before is None:
        return None
    for message in ours:
        at = seconds(message.get("timestamp"))
        sent_by_us = message.get("source") != "app" and at is not None and at >= outbound.not_before - _SKEW
        if sent_by_us and _says(message, outbound.content):
            return message
    return None


def _says(message: Item, content: Sayable) -> bool:
    body = (text(message.get("body")) or "").strip()
    carries = message.get("hasMedia") is True
    match content:
        case Text():
            return not carries and body == content.body.strip()
        case Location():
            place = mapping(message.get("location")) or {}
            return number(place.get("latitude")) == content.latitude
        case Contacts():
            return bool(listing(message.get("vCards")))
        case Image(caption=caption) | Video(caption=caption) | Document(caption=caption):
            return carries and (not caption or body == caption.strip())
    return carries


def session(config: WahaConfig) -> Calls[SessionStatus | NotSent]:
    """Whether the session works now."""
    reply = yield config.get(f"api/sessions/{config.session}")
    found = _session_in(reply, config)
    if isinstance(found, NotSent):
        return found
    status = text(found.get("status")) or NO_SESSION
    return session_status(status, config.session, config.base_url)


def _session_in(reply: HttpReply, config: WahaConfig) -> Item | NotSent:
    if reply.status == 404:
        return {}
    found = read_object(reply.body) if 200 <= reply.status < 300 else None
    if found is None:
        told = reply.failure or words_of(reply, config)
        return NotSent(f"the session cannot be asked for: {told}")
    return found


def missed(since: float, config: WahaConfig) -> Calls[list[Received] | NotSent]:
    """Every message since an instant, of every chat, and how far ours came. Files are not fetched by this."""
    reply = yield config.get(f"api/sessions/{config.session}")
    known = _session_in(reply, config)
    if isinstance(known, NotSent):
        return known
    around = around_of({"me": known.get("me"), "session": config.session}, config.session)
    chats = yield from _chats_since(since, config)
    if isinstance(chats, NotSent):
        return chats
    found: list[Received] = []
    for chat in chats:
        told = yield from _pages(config, config.at_chat(chat, "messages"), _since(since), _MOST_MESSAGES)
        if isinstance(told, NotSent):
            return told
        for message in told:
            found += _read(message, around, since)
    return found


def _since(since: float) -> dict[str, str]:
    return {
        "downloadMedia": "false", "filter.timestamp.gte": str(int(since)), "sortBy": "timestamp", "sortOrder": "asc",
        "merge": "true",
    }  # fmt: skip


def _read(message: Item, around: Around, since: float) -> list[Received]:
    at = seconds(message.get("timestamp"))
    if at is not None and at < int(since):
        return []
    found: list[Received] = [each for each in read(messages, message, around) if not isinstance(each, Ignored)]
    if any(isinstance(each, Inbound) and each.from_me for each in found):
        found += [each for each in read(changes.read_ack, message, around) if isinstance(each, DeliveryUpdate)]
    return found


def _chats_since(since: float, config: WahaConfig) -> Calls[list[str] | NotSent]:
    """Chats in which something was said since; the newest come first."""
    path = config.at_session("chats/overview")

    def older(page: list[Item]) -> bool:
        instants = [_last_at(chat) for chat in page]
        return bool(instants) and all(at is not None and at < int(since) for at in instants)

    chats = yield from _pages(config, path, {}, _MOST_CHATS, older)
    if isinstance(chats, NotSent):
        return chats
    ids = [chat for each in chats if (_last_at(each) or since) >= int(since) and (chat := read_chat(each.get("id")))]
    return list(dict.fromkeys(chat for chat in ids if not_a_talk(chat) is None))


def _last_at(chat: Item) -> int | None:
    last = mapping(chat.get("lastMessage")) or {}
    return seconds(last.get("timestamp"))


def _pages(
    config: WahaConfig, path: str, query: dict[str, str], most: int, enough: Callable[[list[Item]], bool] | None = None
) -> Calls[list[Item] | NotSent]:
    """All of a list, page by page, to an empty one (pages may be short) or until it is enough."""
    found: list[Item] = []
    offset, sizes = 0, list(_PAGES)
    while offset < most:
        reply = yield config.get(f"{path}?{urlencode({'limit': sizes[0], 'offset': offset, **query})}")
        page = objects(reply) if 200 <= reply.status < 300 else None
        if page is None and reply.failure == "no_answer" and len(sizes) > 1:
            sizes.pop(0)
            continue
        if page is None:
            return _not_listed(reply, config)
        if not page:
            break
        found += page
        if enough is not None and enough(page):
            break
        offset += sizes[0]
    return found


def _not_listed(reply: HttpReply, config: WahaConfig) -> NotSent | list[Item]:
    """An engine that keeps no messages has none to read again; whatever else may work later."""
    if reply.status in (400, 404, 501):
        return []
    told = reply.failure or words_of(reply, config)
    return NotSent(f"the chats cannot be read: {told}")
