"""What stands in the chats: overviews, pages of messages, one message; and who goes by which id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnkeeper.testing.fake_waha import bodies
from turnkeeper.testing.fake_waha.core import Json, bad_request, not_found
from turnkeeper.testing.fake_waha.messages import Group

if TYPE_CHECKING:
    from turnkeeper.testing.fake_waha.messages import Chat, Message
    from turnkeeper.testing.fake_waha.people import People
    from turnkeeper.testing.fake_waha.sessions import Session


class Chats:
    """Readings of one session's messages."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._core = people.core

    def overview(self, query: dict[str, str], session: Session) -> list[Json]:
        """Chats, that in which something was said last first."""
        self._kept(session)
        last: dict[int, Message] = {id(message.chat): message for message in session.messages}
        newest = sorted(last.values(), key=lambda message: message.at, reverse=True)
        wanted = [each for each in query.get("ids", "").split(",") if each]
        shown = [each for each in newest if not wanted or any(each.chat.goes_by(known) for known in wanted)]
        return [self._overview(each, session) for each in _page(shown, query, 20)]

    def _overview(self, last: Message, session: Session) -> Json:
        chat = last.chat.chat_id(self._core.behaviour.engine)
        told = session.message(last, download=False)
        return {"id": chat, "name": last.chat.name, "picture": None, "lastMessage": told, "_chat": {"id": chat}}

    def messages(self, chat_id: str, query: dict[str, str], session: Session) -> list[Json]:
        """A chat's messages, or (`all`) everybody's; what is asked of their files happens."""
        self._kept(session)
        if chat_id == "all" and self._core.behaviour.engine == "WEBJS":
            raise bad_request("chatId=all is not available in engine WEBJS")
        chat = None if chat_id == "all" else self._chat(chat_id)
        found = [each for each in session.messages if chat is None or each.chat is chat]
        since, until = query.get("filter.timestamp.gte"), query.get("filter.timestamp.lte")
        found = [each for each in found if since is None or int(each.at) >= int(float(since))]
        found = [each for each in found if until is None or int(each.at) <= int(float(until))]
        if "filter.fromMe" in query:
            found = [each for each in found if each.from_me == (query["filter.fromMe"] == "true")]
        found.sort(key=lambda message: message.at, reverse=query.get("sortOrder", "desc") == "desc")
        download = query.get("downloadMedia", "true") == "true"
        return [session.message(each, download=download) for each in _page(found, query, 10)]

    def message(self, chat_id: str, whole: str, query: dict[str, str], session: Session) -> Json:
        """One message, its file fetched if that is asked for."""
        return session.message(self.find(chat_id, whole, session), download=query.get("downloadMedia") == "true")

    def find(self, chat_id: str, whole: str, session: Session) -> Message:
        """A message of a chat; raises Refused."""
        chat, message = self._chat(chat_id), session.find(whole)
        if message is None or message.chat is not chat:
            raise not_found("Message not found")
        return message

    def read(self, chat_id: str, session: Session) -> Json:
        """All of a chat is seen."""
        chat, ids = self._chat(chat_id), []
        for message in session.messages:
            if message.chat is chat and not message.from_me and message.read_at is None:
                message.read_at = self._core.now()
                ids.append(message.id(self._core.behaviour.engine))
        return {"ids": ids}

    def lid(self, lid: str) -> Json:
        """The phone behind a hidden id."""
        chat = self._people.chat(lid if "@" in lid else f"{lid}@lid")
        phone = None if chat is None or isinstance(chat, Group) else chat.phone
        return {"lid": lid, "pn": f"{phone}@c.us" if phone else None}

    def lid_of(self, phone: str) -> Json:
        """The hidden id of a phone."""
        chat = self._people.chat(phone if "@" in phone else f"{phone}@c.us")
        lid = None if chat is None or isinstance(chat, Group) else chat.lid
        return {"lid": f"{lid}@lid" if lid else None, "pn": phone}

    def exists(self, phone: str) -> Json:
        """Whether a number has WhatsApp."""
        chat = self._people.chat(f"{phone.lstrip('+')}@c.us")
        if chat is None:
            return {"numberExists": False}
        return {"numberExists": True, "chatId": chat.chat_id("WEBJS")}

    def _chat(self, chat_id: str) -> Chat:
        found = self._people.chat(chat_id)
        if found is None:
            raise not_found("Chat not found")
        return found

    def _kept(self, session: Session) -> None:
        session.must_work()
        if self._core.behaviour.engine == "NOWEB" and not self._core.behaviour.keeps_messages:
            raise bad_request("Enable NOWEB store 'config.noweb.store.enabled=True' and 'config.noweb.store.full_sync'")


def _page(found: list[Message], query: dict[str, str], most: int) -> list[Message]:
    limit, offset = bodies.whole(query, "limit", most), bodies.whole(query, "offset", 0)
    return found[offset : offset + limit]
