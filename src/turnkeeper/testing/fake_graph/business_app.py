"""The WhatsApp Business app on the owner's phone, for a number that is used there and through the API at once.

Source: Meta's webhook references of smb_message_echoes, history and smb_app_state_sync (May 2026).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from turnkeeper.testing.fake_graph.payloads import Update, metadata
from turnkeeper.testing.fake_graph.people import Person, Received, Ticks, Written

if TYPE_CHECKING:
    from turnkeeper.testing.fake_graph.core import Core
    from turnkeeper.testing.fake_graph.payloads import FakeNumber, Json
    from turnkeeper.testing.fake_graph.people import People

FILES: Final = ("image", "video", "audio", "document", "sticker")
STATUSES: Final[dict[Ticks, str]] = {
    "clock": "PENDING",
    "sent": "SENT",
    "delivered": "DELIVERED",
    "read": "READ",
    "played": "PLAYED",
    "failed": "ERROR",
}
DECLINED: Final = 2593109


class BusinessApp:
    """What the owner does there: each thing is told in a webhook of its field."""

    def __init__(self, core: Core, people: People) -> None:
        self._core = core
        self._people = people

    def write(self, person: Person, text: str, *, reply_to: str | None = None) -> Received:
        """Write to a person, who gets it like any message; the server gets an echo."""
        return self.send(person, "text", {"body": text}, reply_to=reply_to)

    def send(self, person: Person, kind: str, payload: Any, *, reply_to: str | None = None) -> Received:
        """Send a message of any type."""
        extra = {} if reply_to is None else {"context": {"id": reply_to}}
        return self._people.tell_echo(person, kind, payload, **extra)

    def edit(self, person: Person, message_id: str, text: str) -> Received:
        """Put other words in a text that the owner wrote."""
        new = {"type": "text", "text": {"body": text}}
        return self.send(person, "edit", {"original_message_id": message_id, "message": new})

    def delete(self, person: Person, message_id: str) -> Received:
        """Delete for everyone what the owner wrote."""
        return self.send(person, "revoke", {"original_message_id": message_id})

    def share_history(self, *people: Person, phase: int = 0, chunk_order: int = 1, progress: int = 100) -> None:
        """Tell what these people and the business wrote so far, in one chunk, as after onboarding.

        Files are told of as `media_placeholder`; `share_files` follows them up.
        """
        for number, several in _by_number(people):
            place = {"phase": phase, "chunk_order": chunk_order, "progress": progress}
            threads = [self._thread(person) for person in several]
            self._tell("history", number, {"history": [{"metadata": place, "threads": threads}]})

    def share_files(self, person: Person) -> None:
        """The files among what this person wrote, one webhook each: `messages`, but in the field `history`."""
        for message in person.written:
            if message.kind in FILES:
                item = self._item(person, message) | {"type": message.kind, message.kind: message.payload}
                self._tell("history", person.number, {"messages": [item]})

    def decline_history(self, number: FakeNumber | None = None) -> None:
        """The owner does not share what was written."""
        title = "History sync is turned off by the business from the WhatsApp Business App"
        error = {"code": DECLINED, "title": title, "message": title, "error_data": {"details": title}}
        self._tell("history", number or self._core.first_number, {"history": [{"errors": [error]}]})

    def keep_contacts(self, *people: Person) -> None:
        """Add these people to the address book, or change their entries."""
        self._sync(people, "add")

    def remove_contacts(self, *people: Person) -> None:
        """Take these people out of the address book."""
        self._sync(people, "remove")

    def _sync(self, people: tuple[Person, ...], action: str) -> None:
        at = str(int(self._core.clock.now()))
        for number, several in _by_number(people):
            state = [
                {"type": "contact", "contact": _entry(person, action), "action": action, "metadata": {"timestamp": at}}
                for person in several
            ]
            self._tell("smb_app_state_sync", number, {"state_sync": state})

    def _thread(self, person: Person) -> Json:
        messages: list[Written | Received] = [*person.written, *person.received]
        messages.sort(key=lambda message: message.at)
        items = []
        for message in messages:
            ticks = person.ticks(message) if isinstance(message, Written) else message.ticks
            item = self._item(person, message) | {"history_context": {"status": STATUSES[ticks]}}
            if message.kind in FILES:
                item["type"] = "media_placeholder"
            else:
                payload = message.payload if isinstance(message, Written) else message.body.get(message.kind)
                item |= {"type": message.kind, message.kind: payload}
            items.append(item)
        return {"id": person.identity.phone or person.identity.user_id, "messages": items}

    def _item(self, person: Person, message: Written | Received) -> Json:
        who = person.identity.sender() if isinstance(message, Written) else {"from": person.number.display_phone_number}
        return {**who, "id": message.id, "timestamp": str(int(message.at))}

    def _tell(self, field: str, number: FakeNumber, value: Json) -> None:
        self._core.tell(Update(number, field, {**metadata(number), **value}, None, field, self._core.next_id()))


def _by_number(people: tuple[Person, ...]) -> list[tuple[FakeNumber, list[Person]]]:
    numbers = dict.fromkeys(person.number for person in people)
    return [(number, [person for person in people if person.number == number]) for number in numbers]


def _entry(person: Person, action: str) -> Json:
    who = person.identity
    entry = {"phone_number": who.phone, "user_id": who.user_id, "username": who.username}
    if action == "add":
        name = who.name or ""
        entry |= {"full_name": name, "first_name": name.partition(" ")[0]}
    return {name: value for name, value in entry.items() if value}
