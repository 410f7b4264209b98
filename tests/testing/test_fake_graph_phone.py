"""The phone page's side of the fake: people, everything they can do, switches, and what is shown of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from tests.testing.business import World, message

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


class Page:
    """The page's requests, straight into the fake's ASGI app."""

    def __init__(self, world: World, client: httpx2.AsyncClient) -> None:
        self.world = world
        self.fake = world.fake
        self.client = client

    async def state(self, person: str = "") -> Any:
        return (await self.client.get("/api/state", params={"person": person} if person else {})).json()

    async def do(self, person: str = "", **what: Any) -> httpx2.Response:
        return await self.post("messages", person, **what)

    async def post(self, path: str, person: str = "", **body: Any) -> httpx2.Response:
        return await self.client.post(f"/api/{path}", params={"person": person} if person else {}, json=body)

    async def upload(self, data: bytes, kind: str, name: str = "") -> str:
        headers = {"content-type": kind, "x-filename": name}
        reply = await self.client.post("/api/media", content=data, headers=headers)
        assert reply.status_code == 201, reply.text
        media_id: str = reply.json()["id"]
        return media_id

    async def send(self, kind: str, payload: Any, to: str = "+15551234567", **more: Any) -> str:
        """The business sends; the id of the message."""
        reply = await self.world.post(message(kind, payload, to, **more))
        assert reply.status_code == 200, reply.text
        sent: str = reply.json()["messages"][0]["id"]
        return sent

    async def last_webhook(self) -> Any:
        await self.fake.drained()
        return self.world.business.messages()[-1]

    async def shown(self) -> list[Any]:
        shown: list[Any] = (await self.state())["messages"]
        return shown


@asynccontextmanager
async def page() -> AsyncIterator[Page]:
    async with World() as world:
        transport = httpx2.ASGITransport(app=world.fake)
        async with httpx2.AsyncClient(transport=transport, base_url="http://phone.test") as client:
            yield Page(world, client)


PLACE = {"latitude": 48.8, "longitude": 2.3, "name": "Tower"}
GRACE = {"name": {"formatted_name": "Grace", "first_name": "Grace"}, "phones": [{"phone": "+1555", "type": "CELL"}]}
BUTTONS = {
    "type": "button",
    "body": {"text": "Coming?"},
    "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]},
}
LIST = {
    "type": "list",
    "header": {"type": "text", "text": "Today"},
    "body": {"text": "Which?"},
    "footer": {"text": "fresh"},
    "action": {"button": "Choose", "sections": [{"rows": [{"id": "r1", "title": "Soup", "description": "hot"}]}]},
}
SAYS: list[tuple[str, dict[str, Any], str, Any]] = [
    ("text", {"text": "hi"}, "text", {"body": "hi"}),
    ("location", {"kind": "location", **PLACE}, "location", PLACE),
    ("contact", {"kind": "contact", "name": "Grace", "phone": "+1555"}, "contacts", [GRACE]),
]


@pytest.mark.parametrize("label, act, kind, payload", SAYS)
async def test_what_a_person_says_goes_out_as_a_webhook(label: str, act: Any, kind: str, payload: Any) -> None:
    async with page() as phone:
        assert (await phone.do(**act)).status_code == 202
        told = await phone.last_webhook()
        assert (told["type"], told[kind]) == (kind, payload)


@pytest.mark.parametrize(
    "label, said_as, mime, kind, more",
    [
        ("photo", "image", "image/png", "image", {"caption": "look"}),
        ("video", "video", "video/mp4", "video", {}),
        ("sticker", "sticker", "image/webp", "sticker", {"animated": False}),
        ("document", "document", "text/csv", "document", {"filename": "prices ä.csv"}),
        ("sound", "audio", "audio/mpeg", "audio", {"voice": False}),
        ("voice note", "voice", "audio/ogg; codecs=opus", "audio", {"voice": True}),
    ],
)
async def test_files_are_uploaded_sent_and_shown(label: str, said_as: str, mime: str, kind: str, more: Any) -> None:
    async with page() as phone:
        media_id = await phone.upload(PNG, mime, "prices%20%C3%A4.csv")
        caption = {"caption": more["caption"]} if "caption" in more else {}
        assert (await phone.do(kind="file", media=media_id, **{"as": said_as}, **caption)).status_code == 202
        told = await phone.last_webhook()
        assert told["type"] == kind
        assert told[kind]["id"] == media_id
        assert {name: told[kind].get(name) for name in more} == more
        (shown,) = await phone.shown()
        assert shown["kind"] == said_as
        assert shown["file"] == {
            "id": media_id,
            "mime": mime,
            "size": len(PNG),
            "filename": "prices ä.csv",
        }


async def test_a_choice_is_one_that_was_offered() -> None:
    async with page() as phone:
        await phone.do(text="hi")
        buttons = await phone.send("interactive", BUTTONS)
        assert (await phone.do(kind="choice", to=buttons, id="y")).status_code == 202
        told = await phone.last_webhook()
        assert told["interactive"] == {"type": "button_reply", "button_reply": {"id": "y", "title": "Yes"}}
        assert told["context"]["id"] == buttons
        rows = await phone.send("interactive", LIST)
        await phone.do(kind="choice", to=rows, id="r1")
        row = {"id": "r1", "title": "Soup", "description": "hot"}
        assert (await phone.last_webhook())["interactive"] == {"type": "list_reply", "list_reply": row}
        assert (await phone.do(kind="choice", to=rows, id="y")).status_code == 422
        assert (await phone.do(kind="choice", to="nothing", id="y")).status_code == 404


async def test_what_the_business_offers_is_shown() -> None:
    async with page() as phone:
        await phone.do(text="hi")
        await phone.send("interactive", BUTTONS)
        await phone.send("interactive", LIST)
        url = {"name": "cta_url", "parameters": {"display_text": "Open", "url": "https://example.com/"}}
        await phone.send("interactive", {"type": "cta_url", "body": {"text": "Page"}, "action": url})
        ask = {"type": "location_request_message", "body": {"text": "Where?"}, "action": {"name": "send_location"}}
        await phone.send("interactive", ask)
        await phone.send("contacts", [GRACE])
        await phone.send("image", {"link": "https://example.com/a.png", "caption": "see"})
        wanted = [
            {"kind": "buttons", "text": "Coming?", "choices": [{"id": "y", "title": "Yes"}]},
            {"kind": "list", "header": "Today", "footer": "fresh", "button": "Choose"},
            {"kind": "url_button", "text": "Page", "link": {"display_text": "Open", "url": "https://example.com/"}},
            {"kind": "location_request", "text": "Where?"},
            {"kind": "contacts", "cards": [{"name": "Grace", "lines": ["+1555"]}]},
            {"kind": "image", "text": "see", "file": {"link": "https://example.com/a.png"}},
        ]
        shown = (await phone.shown())[1:]
        assert [{name: bubble.get(name) for name in want} for bubble, want in zip(shown, wanted, strict=True)] == wanted


async def test_templates_are_shown_as_they_were_approved() -> None:
    async with page() as phone:
        await phone.do(text="hi")
        payload = {
            "name": "order",
            "language": {"code": "en_US"},
            "components": [
                {"type": "body", "parameters": [{"type": "text", "text": "Ada"}]},
                {
                    "type": "button",
                    "sub_type": "quick_reply",
                    "index": "0",
                    "parameters": [{"type": "payload", "payload": "ok"}],
                },
            ],
        }
        await phone.send("template", payload)
        unknown = (await phone.shown())[-1]
        assert (unknown["text"], unknown["parameters"]) == ("", ["Ada"])
        reply = {"type": "QUICK_REPLY", "text": "Fine"}
        phone.fake.templates.add("order", header="News", body="Hello {{1}}.", footer="Bye", buttons=[reply])
        sent = await phone.send("template", payload)
        known = (await phone.shown())[-1]
        assert [known[name] for name in ("header", "text", "footer")] == ["News", "Hello Ada.", "Bye"]
        assert known["choices"] == [{"id": "ok", "title": "Fine"}]
        await phone.do(kind="choice", to=sent, id="ok", title="Fine")
        assert (await phone.last_webhook())["button"] == {"payload": "ok", "text": "Fine"}


async def test_reactions_edits_and_deletions_change_bubbles() -> None:
    async with page() as phone:
        first = (await phone.do(text="one")).json()["id"]
        second = (await phone.do(text="two", quote=first)).json()["id"]
        await phone.do(kind="reaction", to=first, emoji="👍")
        await phone.do(kind="reaction", to=first, emoji="🙏")
        await phone.send("reaction", {"message_id": first, "emoji": "🎉"})
        await phone.do(kind="edit", to=first, text="uno")
        assert (await phone.last_webhook())["edit"]["original_message_id"] == first
        one, two = await phone.shown()
        assert (one["text"], one["edited"], two["quote"]) == ("uno", True, first)
        assert one["reactions"] == [{"from": "person", "emoji": "🙏"}, {"from": "business", "emoji": "🎉"}]
        await phone.do(kind="reaction", to=first, emoji="")
        await phone.do(kind="delete", to=second)
        assert (await phone.last_webhook())["revoke"] == {"original_message_id": second}
        one, two = await phone.shown()
        assert one["reactions"] == [{"from": "business", "emoji": "🎉"}]
        assert (two["kind"], two["text"], "quote" in two) == ("deleted", "", False)


async def test_several_people_each_have_a_thread() -> None:
    async with page() as phone:
        ada = (await phone.state())["person"]["id"]
        bo = (await phone.post("people", name="Bo")).json()
        cy = (await phone.post("people", name="Cy", reach="username")).json()
        assert bo["phone"]
        assert cy["phone"] is None
        assert cy["username"] == "cy.2"
        await phone.do(bo["id"], text="from Bo")
        await phone.do(cy["id"], text="from Cy")
        told = await phone.last_webhook()
        assert "from" not in told
        assert told["from_user_id"] == cy["user_id"]
        await phone.send("text", {"body": "to Bo"}, to=bo["phone"])
        assert [m["text"] for m in (await phone.state(bo["id"]))["messages"]] == ["from Bo", "to Bo"]
        state = await phone.state(ada)
        assert state["messages"] == []
        assert [(p["name"], p["received"]) for p in state["people"]] == [("Ada", 0), ("Bo", 1), ("Cy", 0)]
        assert (await phone.client.get("/api/state", params={"person": "nobody"})).status_code == 404
        assert (await phone.client.get("/api/events", params={"person": "nobody"})).status_code == 404


async def test_the_window_closes_early_and_opens_with_the_next_message() -> None:
    async with page() as phone:
        window = (await phone.state())["window"]
        assert window["closes_at"] <= window["now"]
        await phone.do(text="hi")
        window = (await phone.state())["window"]
        assert window["closes_at"] == window["now"] + 24 * 3600
        await phone.post("window", open=False)
        window = (await phone.state())["window"]
        assert window["closes_at"] <= window["now"]
        refused = await phone.world.post(message())
        assert refused.json()["error"]["code"] == 131047
        await phone.do(text="again")
        await phone.send("text", {"body": "here"})


async def test_switches_count_from_the_moment_they_are_turned() -> None:
    async with page() as phone:
        await phone.do(text="hi")
        names = {each["name"]: each["on"] for each in (await phone.state())["switches"]}
        assert not any(names.values())
        assert {"rate_limited", "server_error", "connection_lost", "outage", "duplicates"} <= set(names)
        assert (await phone.post("switches", name="rate_limited", on=True)).status_code == 200
        state = await phone.state()
        assert [each["name"] for each in state["switches"] if each["on"]] == ["rate_limited"]
        assert (await phone.world.post(message())).json()["error"]["code"] == 130429
        seen = (await phone.state())["seen"]
        assert (seen["sends"], seen["refused"]) == (1, 1)
        assert len((await phone.state())["failed_tries"]) == 1
        other = (await phone.post("people", name="Bo")).json()["id"]
        assert (await phone.state(other))["failed_tries"] == []
        assert seen["lines"][0]["answer"] == "400 (error 130429)"
        await phone.post("switches", name="rate_limited", on=False)
        await phone.send("text", {"body": "here"})
        assert (await phone.post("switches", name="gravity", on=True)).status_code == 404
        assert (await phone.post("switches", name="outage")).status_code == 422


async def test_the_owner_answers_from_the_businesss_own_phone() -> None:
    async with page() as phone:
        await phone.do(text="hi")
        reply = await phone.post("owner", text="It is me, the owner")
        (_, shown) = await phone.shown()
        assert (shown["id"], shown["text"], shown["by_owner"]) == (reply.json()["id"], "It is me, the owner", True)
        await phone.fake.drained()
        fields = [(change["field"], change["value"]) for change in changes(phone.world)]
        field, value = fields[-1]
        (echo,) = value["message_echoes"]
        assert field == "smb_message_echoes"
        assert (echo["to"], echo["from"], echo["text"]) == ("15551234567", "15550001111", {"body": shown["text"]})


async def test_what_the_owner_edits_and_deletes_changes_too() -> None:
    async with page() as phone:
        person = await phone.fake.person("15551234567")
        app = phone.fake.business_app
        first, second = app.write(person, "one"), app.write(person, "two")
        app.edit(person, first.id, "uno")
        app.delete(person, second.id)
        assert [(m["text"], m["kind"]) for m in await phone.shown()] == [("uno", "text"), ("", "deleted")]


def changes(world: World) -> list[Any]:
    entries = [entry for body in world.business.bodies for entry in body["entry"]]
    return [change for entry in entries for change in entry["changes"]]


async def test_a_file_is_never_a_page_of_this_site() -> None:
    async with page() as phone:
        media_id = await phone.upload(b"<script>alert(1)</script>", "text/html", "x.html")
        found = await phone.client.get(f"/api/media/{media_id}")
        assert found.headers["content-disposition"] == "attachment"
        assert found.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in found.headers["content-security-policy"]
        picture = await phone.upload(PNG, "image/png")
        assert (await phone.client.get(f"/api/media/{picture}")).headers["content-disposition"] == "inline"
        svg = await phone.upload(b"<svg/>", "image/svg+xml")
        assert (await phone.client.get(f"/api/media/{svg}")).headers["content-disposition"] == "attachment"


@pytest.mark.parametrize(
    "asked, status, body",
    [
        ("bytes=0-3", 206, b"0123"),
        ("bytes=6-", 206, b"6789"),
        ("bytes=8-99", 206, b"89"),
        ("bytes=-4", 200, b"0123456789"),
        ("bytes=10-", 200, b"0123456789"),
        ("bytes=5-2", 200, b"0123456789"),
        ("lines=0-1", 200, b"0123456789"),
        ("", 200, b"0123456789"),
    ],
)
async def test_players_ask_for_parts(asked: str, status: int, body: bytes) -> None:
    async with page() as phone:
        media_id = await phone.upload(b"0123456789", "audio/ogg")
        found = await phone.client.get(f"/api/media/{media_id}", headers={"range": asked} if asked else {})
        assert (found.status_code, found.content) == (status, body)
        first = b"0123456789".index(body)
        told = f"bytes {first}-{first + len(body) - 1}/10" if status == 206 else None
        assert found.headers.get("content-range") == told


@pytest.mark.parametrize(
    "label, path, body, status",
    [
        ("unknown kind", "messages", {"kind": "telepathy"}, 422),
        ("a file that nobody uploaded", "messages", {"kind": "file", "media": "1", "as": "image"}, 404),
        ("off the globe", "messages", {"kind": "location", "latitude": 91, "longitude": 0}, 422),
        ("a place that is no number", "messages", {"kind": "location", "latitude": True, "longitude": 0}, 422),
        ("NaN", "messages", {"kind": "location", "latitude": "NaN", "longitude": 0}, 422),
        ("a card without a name", "messages", {"kind": "contact", "phone": "1"}, 422),
        ("a reaction to nothing", "messages", {"kind": "reaction", "to": "x", "emoji": "👍"}, 404),
        ("an emoji of a page", "messages", {"kind": "reaction", "to": "x", "emoji": "x" * 17}, 422),
        ("somebody else's words", "messages", {"kind": "edit", "to": "x", "text": "y"}, 404),
        ("a message that is none", "messages", {"kind": "reaction", "to": {}, "emoji": ""}, 422),
        ("a person without a name", "people", {"name": " "}, 422),
        ("an owner without words", "owner", {"text": ""}, 422),
    ],
)
async def test_what_no_phone_does_is_refused(label: str, path: str, body: Any, status: int) -> None:
    async with page() as phone:
        reply = await phone.client.post(f"/api/{path}", json=body)
        assert reply.status_code == status
        assert reply.json()["error"]
        assert phone.world.business.requests == []


async def test_an_upload_by_a_form_of_another_site_is_refused() -> None:
    async with page() as phone:
        reply = await phone.client.post("/api/media", content=b"x", headers={"content-type": "text/plain"})
        assert reply.status_code == 415
        empty = await phone.client.post("/api/media", content=b"", headers={"x-filename": "x"})
        assert empty.status_code == 422
