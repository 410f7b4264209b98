"""What the phone page may have a person do: JSON in, a message of that person out.

Raises `Refused` for what no phone would do. A page of another site can post a form here, but not JSON.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from turnkeeper.testing.fake_graph.bubbles import FILES, text_of
from turnkeeper.testing.fake_graph.outbound import CAPTION_LIMIT, TEXT_LIMIT
from turnkeeper.testing.fake_graph.payloads import Identity

if TYPE_CHECKING:
    from turnkeeper.testing.fake_graph.media import Media
    from turnkeeper.testing.fake_graph.payloads import Json
    from turnkeeper.testing.fake_graph.people import Person, Written
    from turnkeeper.testing.http import Request

    Act = Callable[["Hands", Json], Awaitable[Written]]

SHORT: Final = 256
NAME: Final = 60


class Refused(Exception):
    """The page asked for something that cannot be; the message says what to do."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


def json_object(request: Request) -> Json:
    """The request's body; raises `Refused` if it is not a JSON object."""
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Refused(415, "content-type must be application/json")
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused(422, "the body must be a JSON object")
    return body


def words(body: Json, name: str, most: int) -> str:
    """A field's text, which has to be there."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise Refused(422, f"{name} must have 1 to {most} characters")
    return value


class Hands:
    """One person at the page, and the files that were uploaded there."""

    def __init__(self, person: Person, media: Media) -> None:
        self.person = person
        self.media = media

    async def act(self, body: Json) -> Written:
        """Do what `kind` says (text without one); the keys of ACTS are all there are."""
        act = ACTS.get(str(body.get("kind", "text")))
        if act is None:
            raise Refused(422, f"kind must be one of {', '.join(ACTS)}")
        return await act(self, body)

    async def text(self, body: Json) -> Written:
        return await self.person.write(words(body, "text", TEXT_LIMIT), reply_to=_quoted(body))

    async def file(self, body: Json) -> Written:
        """An uploaded file: `media` is its id, `as` one of FILES or voice."""
        media_id, kind = words(body, "media", SHORT), body.get("as")
        found = self.media.get(media_id)
        if found is None:
            raise Refused(404, "upload the file first: it is not known")
        if kind not in (*FILES, "voice"):
            raise Refused(422, f"as must be one of {', '.join(FILES)}, voice")
        payload = self.media.webhook(media_id)
        if kind in ("audio", "voice"):
            payload["voice"] = kind == "voice"
        if kind == "sticker":
            payload["animated"] = False
        if kind == "document" and found.filename:
            payload["filename"] = found.filename
        if body.get("caption"):
            payload["caption"] = words(body, "caption", CAPTION_LIMIT)
        return await self.person.send("audio" if kind == "voice" else kind, payload, reply_to=_quoted(body))

    async def location(self, body: Json) -> Written:
        place: Json = {}
        for name, bound in (("latitude", 90), ("longitude", 180)):
            value = body.get(name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= bound:
                raise Refused(422, f"{name} must be between -{bound} and {bound}")
            place[name] = value
        place |= {name: words(body, name, SHORT) for name in ("name", "address") if body.get(name)}
        return await self.person.send("location", place, reply_to=_quoted(body))

    async def contact(self, body: Json) -> Written:
        name, phone = words(body, "name", NAME), words(body, "phone", 30)
        card = {"name": {"formatted_name": name, "first_name": name}, "phones": [{"phone": phone, "type": "CELL"}]}
        return await self.person.send("contacts", [card], reply_to=_quoted(body))

    async def reaction(self, body: Json) -> Written:
        emoji = body.get("emoji", "")
        if not isinstance(emoji, str) or len(emoji) > 16:
            raise Refused(422, "emoji must be one emoji, or empty to take it away")
        return await self.person.react(self._known(body), emoji)

    async def choice(self, body: Json) -> Written:
        """A button or a row of the message `to`, by its `id`."""
        shown = self._received(body)
        wanted = body.get("id")
        for kind, choice in _offered(shown):
            if choice.get("id") == wanted:
                row = text_of(choice, "description") or None
                if kind == "list":
                    return await self.person.choose(str(wanted), text_of(choice, "title"), row, reply_to=body["to"])
                return await self.person.press(str(wanted), text_of(choice, "title"), reply_to=body["to"])
        if shown.get("type") == "template":
            payload = {"payload": words(body, "id", SHORT), "text": words(body, "title", SHORT)}
            return await self.person.send("button", payload, reply_to=body["to"])
        raise Refused(422, "that message offers no such choice")

    async def edit(self, body: Json) -> Written:
        return await self.person.edit(self._own(body), words(body, "text", TEXT_LIMIT))

    async def delete(self, body: Json) -> Written:
        return await self.person.delete(self._own(body))

    def _known(self, body: Json) -> str:
        wanted = words(body, "to", 512)
        written, received = self.person.written, self.person.received
        if wanted not in {message.id for message in written} | {message.id for message in received}:
            raise Refused(404, "there is no such message")
        return wanted

    def _own(self, body: Json) -> str:
        wanted = words(body, "to", 512)
        if not any(wanted == each.id for each in self.person.written):
            raise Refused(404, "only one's own messages can be changed")
        return wanted

    def _received(self, body: Json) -> Json:
        for message in self.person.received:
            if message.id == body.get("to"):
                return message.body
        raise Refused(404, "there is no such message")


def _offered(body: Json) -> list[tuple[str, Mapping[str, Any]]]:
    """The buttons and rows of a message that the business sent."""
    action = body.get("interactive", {}).get("action", {})
    buttons = [("button", button["reply"]) for button in action.get("buttons", ())]
    return buttons + [("list", row) for section in action.get("sections", ()) for row in section["rows"]]


def _quoted(body: Json) -> str | None:
    return words(body, "quote", 512) if body.get("quote") else None


def identity(body: Json, count: int) -> Identity:
    """A new person: `name`, and `reach`: a phone number (`phone`, default) or only a `username`."""
    name = words(body, "name", NAME).strip()
    number = f"1555{9_000_000 + count:07}"
    if body.get("reach", "phone") == "phone":
        return Identity(number, f"US.7000{count:08}", name)
    username = "".join(char for char in name.lower() if char.isascii() and char.isalnum()) or "someone"
    return Identity(None, f"US.7000{count:08}", name, username=f"{username}.{count}")


ACTS: Final[dict[str, Act]] = {
    "text": Hands.text,
    "file": Hands.file,
    "location": Hands.location,
    "contact": Hands.contact,
    "reaction": Hands.reaction,
    "choice": Hands.choice,
    "edit": Hands.edit,
    "delete": Hands.delete,
}
