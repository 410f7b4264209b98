"""One conversation over the API: read, taken over, written to; each thing once, and none of another workspace's."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.test_speaking import WorldsClock
from tests.contracts.world import World
from tests.web.api_client import ApiClient, Said
from turnkeeper.channels.registry import find
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloudConfig
from turnkeeper.engine.speaking import Speaker
from turnkeeper.model.events import Inbound
from turnkeeper.model.templates import TemplateRow
from turnkeeper.rules.answering import LEASE
from turnkeeper.testing.cabinet import Cabinet
from turnkeeper.testing.events import ADA, SENDS, Channels, channel, text
from turnkeeper.web.api import answering, canned, messages, thread
from turnkeeper.web.api.talk_ports import Talk

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100"
    "c9fe92ef0000000049454e44ae426082"
)
CLOUD = find("whatsapp_cloud").adapter
PARTS = (thread.router, answering.router, messages.router, canned.router)
PNG = {"content-type": "image/png"}
CHANNEL = replace(
    channel(sends=replace(SENDS, window=86_400.0)),
    config=WhatsAppCloudConfig("1001", "2001", "token", "secret", "verify"),
)


class Office:
    """A conversation with Ada, and whoever sits at the desk."""

    def __init__(self, cabinet: Cabinet) -> None:
        directory = Channels(CHANNEL)
        self.cabinet = cabinet
        self.w: Any = None
        self.woken: list[Any] = []

        def talk(store: Any) -> Talk:
            self.w = World(store, directory, CHANNEL)
            clock, adapters = WorldsClock(self.w), {"whatsapp_cloud": CLOUD}
            files = cabinet.keeper(store, adapters, clock)
            return Talk(directory.channel, adapters, files, Speaker(store, adapters, clock, self.woken.extend))

        self.client = ApiClient(lambda: self.w.now, directory=directory, parts=PARTS, talk=talk)

    async def open(self) -> None:
        await self.client.open()
        await self.w.start()
        await self.w.hear(text("hello", at=self.w.now))
        self.id = (await self.w.conversation()).id

    async def get(self, path: str = "", *, by: str = "agent", **more: Any) -> Said:
        return await self.client.send("GET", f"/conversations/{self.id}{path}", by=by, **more)

    async def post(self, path: str, body: object = None, *, by: str = "agent", **more: Any) -> Said:
        return await self.client.send("POST", f"/conversations/{self.id}{path}", body, by=by, **more)

    async def say(self, known_as: str = "message-1", *, by: str = "agent", **more: Any) -> Said:
        return await self.post("/messages", {"id": known_as, **more}, by=by)

    async def thread(self) -> list[dict[str, Any]]:
        return list(reversed((await self.get("/thread")).body["items"]))

    async def bubbles(self) -> list[tuple[str, str]]:
        return [(each["who"], each["message"]["text"]) for each in await self.thread() if each["message"]]


@pytest.fixture
def cabinet() -> Iterator[Cabinet]:
    found = Cabinet()
    yield found
    found.close()


@pytest.fixture
def office(cabinet: Cabinet) -> Office:
    return Office(cabinet)


async def test_who_it_is_and_what_can_be_written(office: Office) -> None:
    await office.open()
    told = (await office.get(by="viewer")).body
    assert (told["mode"], told["addresses"], told["answering"]) == ("bot", [f"phone:{ADA}"], None)
    composer = told["composer"]
    assert (composer["markup"], composer["templates"], composer["text_limit"]) == ("whatsapp", True, 4096)
    assert composer["window"] == {"limited": True, "open": True, "closes_at": office.w.now + 86_400}
    office.w.now += 86_400
    assert not (await office.get()).body["composer"]["window"]["open"]


async def test_a_message_takes_over_is_sent_once_and_gets_its_ticks(office: Office) -> None:
    await office.open()
    office.w.now += 1
    first, again = await office.say(text="I am *Ann*"), await office.say(text="I am *Ann*")
    assert (first.status, again.status) == (202, 202)
    assert first.body == again.body == {"entries": ["out-1"]}
    told = (await office.get()).body
    assert (told["mode"], told["answering"]["name"], told["answering"]["me"]) == ("human", "agent", True)
    assert office.woken
    await office.w.until_idle()
    assert office.w.sent == ["I am *Ann*"]
    (question, answer) = [each for each in await office.thread() if each["message"]]
    assert (question["state"], answer["who"], answer["name"]) == ("person", "operator", "agent")
    assert answer["delivery"]["state"] == "accepted"


async def test_what_was_said_is_not_taken_over_again_by_repeating_it(office: Office) -> None:
    await office.open()
    first = await office.say(text="hello")
    assert (await office.post("/takeover", {"confirmed": True}, by="admin")).status == 200
    assert (await office.say(text="hello")).body == first.body
    assert (await office.get()).body["answering"]["name"] == "admin"


async def test_words_go_as_they_were_typed(office: Office) -> None:
    await office.open()
    await office.say(text="1. one\n   two\n\n# no heading, 2*3*4 <b>&amp;")
    await office.w.until_idle()
    assert office.w.sent == ["1. one\n   two\n\n# no heading, 2*3*4 <b>&amp;"]


async def test_what_is_long_goes_in_parts(office: Office) -> None:
    await office.open()
    said = await office.say(text="long words " * 900)
    assert said.body == {"entries": ["out-1", "out-2", "out-3"]}
    assert (await office.say("message-2", text="x" * 20_001)).status == 422


async def test_a_running_turn_is_fenced_before_its_next_send(office: Office) -> None:
    await office.open()
    turn = await office.w.turn()
    assert (await office.post("/takeover", {})).status == 200
    with pytest.raises(Exception, match="no longer held"):
        await office.w.commit(turn, "the bot's words")
    await office.w.until_idle()
    assert office.w.sent == []


async def test_a_colleague_has_to_confirm(office: Office) -> None:
    await office.open()
    assert (await office.post("/takeover", {})).status == 200
    refused = await office.post("/takeover", {}, by="admin")
    assert (refused.status, refused.body["errors"][0]["problem"]) == (409, "agent")
    assert (await office.say(text="me too", by="admin")).status == 409
    assert (await office.bubbles()) == [("contact", "hello")]
    assert (await office.say(text="me too", by="admin", confirmed=True)).status == 202
    assert (await office.get()).body["answering"]["name"] == "admin"
    assert (await office.say(text="and I?")).status == 409
    office.w.now += LEASE
    assert (await office.get()).body["answering"]["away"]
    assert (await office.say(text="and I?")).status == 202


async def test_it_is_given_back_by_hand_and_by_time(office: Office) -> None:
    await office.open()
    until = office.w.now + 600
    taken = (await office.post("/takeover", {"until": until})).body
    assert (taken["mode"], taken["mode_until"]) == ("human", until)
    assert (await office.say(text="hi")).status == 202
    assert (await office.get()).body["mode_until"] == until, "writing does not end the timer"
    office.w.now = until
    told = (await office.get()).body
    assert (told["mode"], told["answering"]) == ("bot", None)
    await office.post("/takeover", {})
    assert (await office.post("/give-back")).body == {"mode": "bot", "mode_until": None, "answering": None}
    lines = [each["handover"] for each in await office.thread() if each["handover"]]
    assert [(each["mode"], each["by"]) for each in lines] == [
        ("human", "operator"), ("bot", "timer"), ("human", "operator"), ("bot", "operator"),
    ]  # fmt: skip
    assert (await office.post("/takeover", {"until": 1.0})).status == 422


async def test_a_pause_keeps_everybody_silent(office: Office) -> None:
    await office.open()
    assert (await office.post("/pause", {"until": office.w.now + 60})).body["mode"] == "paused"
    await office.w.hear(text("anybody?", at=office.w.now))
    await office.w.until_idle()
    assert office.w.sent == []


async def test_outside_the_window_only_templates_go(office: Office) -> None:
    await office.open()
    office.w.now += 90_000
    refused = await office.say(text="hello?")
    assert (refused.status, refused.body["errors"][0]["where"]) == (409, "window")
    await keep_template(office)
    (told,) = (await office.get("/templates")).body["items"]
    assert (told["name"], told["parameters"], told["why_not"]) == ("order_update", ["1", "2"], "")
    given = {"name": "order_update", "language": "en", "body": ["Ada", "42"]}
    preview = (await office.post("/templates/preview", given)).body
    assert preview == {"shown": "Hello Ada, your order 42 is on its way.", "wrongs": []}
    short = {**given, "body": ["Ada"]}
    assert "2 parameters" in (await office.post("/templates/preview", short)).body["wrongs"][0]
    assert (await office.say("message-2", template=short)).status == 422
    assert (await office.say("message-3", template={**given, "name": "none"})).status == 422
    assert (await office.get()).body["mode"] == "bot", "what is refused takes nothing over"
    assert (await office.say("message-4", template=given)).status == 202
    assert (await office.bubbles())[-1] == ("operator", "Hello Ada, your order 42 is on its way.")


async def keep_template(office: Office) -> None:
    definition = (
        b'{"name":"order_update","language":"en","status":"APPROVED","body":["1","2"],'
        b'"text":"Hello {{1}}, your order {{2}} is on its way."}'
    )
    row = TemplateRow(
        CHANNEL.workspace_id, CHANNEL.id, "order_update", "en", "t1", "APPROVED", "UTILITY", "", None, definition, 1.0
    )
    await office.client.store.put_template(row)


async def test_a_file_is_sent_up_and_then_sent(office: Office) -> None:
    await office.open()
    kept = await office.post("/files?filename=cat.png", PIXEL, headed=PNG)
    assert kept.status == 201
    assert (kept.body["kind"], kept.body["mime"], kept.body["filename"]) == ("image", "image/png", "cat.png")
    assert (await office.say(text="look", file={"key": kept.body["key"]}, reply_to="in-1")).status == 202
    office.w.now += 1
    (bubble,) = [each for each in await office.thread() if each["who"] == "operator"]
    assert (bubble["message"]["kind"], bubble["message"]["text"]) == ("image", "look")
    assert bubble["quoted"] == {"who": "contact", "text": "hello"}
    seen = await office.client.send("GET", bubble["message"]["file"]["path"].removeprefix("/api/v1"), by="viewer")
    assert (seen.status, seen.raw) == (200, PIXEL)
    other = {"key": "0" * 64}
    assert (await office.say("message-2", file=other)).status == 422


async def test_what_is_no_file_to_send_is_refused(office: Office) -> None:
    await office.open()
    said = await office.post(
        "/files?filename=cat.png", b"MZ\x90\x00" + bytes(200), headed={"content-type": "image/png"}
    )
    assert said.status == 422


async def send_picture(office: Office, data: bytes = PIXEL, mime: str = "image/png") -> None:
    media = office.cabinet.put(data, mime, "cat.png")
    office.w.now += 1
    await office.w.hear(
        Inbound(
            kind="image",
            media=media,
            message_id="wamid.9",
            addresses=(f"phone:{ADA}",),
            dedup_key="p1",
            timestamp=int(office.w.now),
        )
    )


async def test_their_files_are_fetched_when_somebody_looks(office: Office) -> None:
    await office.open()
    await send_picture(office)
    file = (await office.thread())[-1]["message"]["file"]
    assert file["path"] == f"/api/v1/conversations/{office.id}/media/in-2"
    seen = await office.get("/media/in-2", by="viewer")
    assert (seen.status, seen.raw) == (200, PIXEL)
    assert seen.headers[b"content-type"] == b"image/png"
    assert seen.headers[b"content-disposition"].startswith(b"inline;")
    assert seen.headers[b"x-content-type-options"] == b"nosniff"
    assert b"sandbox" in seen.headers[b"content-security-policy"]
    part = await office.get("/media/in-2", headed={"range": "bytes=0-3"})
    assert (part.status, part.raw) == (206, PIXEL[:4])
    assert (await office.get("/media/in-2?saved=true")).headers[b"content-disposition"].startswith(b"attachment;")
    assert (await office.get("/media/in-2", by="cafe")).status == 404
    assert (await office.get("/media/in-1")).status == 404
    assert (await office.get("/media/note-1")).status == 422


async def test_a_picture_that_is_a_program_is_not_shown(office: Office) -> None:
    await office.open()
    await send_picture(office, b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    assert (await office.get("/media/in-2")).status == 404
    assert (await office.thread())[-1]["message"]["file"]["reason"] is not None


async def test_what_was_deleted_is_not_told(office: Office) -> None:
    await office.open()
    await office.w.hear(replace_kind("deleted", "wamid.7", "secret words"))
    (_, gone) = [each for each in await office.thread() if each["message"]][:2]
    assert gone["deleted"] is False
    await office.w.hear(
        Inbound(kind="deleted", target_message_id="wamid.7", addresses=(f"phone:{ADA}",), dedup_key="d1")
    )
    assert "secret words" not in (await office.get("/thread")).text


def replace_kind(_: str, known_as: str, said: str) -> Inbound:
    return Inbound(kind="text", text=said, message_id=known_as, addresses=(f"phone:{ADA}",), dedup_key=f"m:{known_as}")


async def test_notes_are_kept_once_and_their_authors(office: Office) -> None:
    await office.open()
    note = {"id": "note-0001", "text": "<b>call her</b>"}
    assert (await office.post("/notes", note)).body["number"] == 1
    assert (await office.post("/notes", note)).body["number"] == 1
    (told,) = [each for each in await office.thread() if each["note"]]
    assert (told["note"]["text"], told["note"]["mine"], told["name"]) == ("<b>call her</b>", True, "agent")
    await office.post("/notes", note, by="owner")
    path = f"/conversations/{office.id}/notes"
    assert (await office.client.send("DELETE", f"{path}/2", by="agent")).status == 404
    assert (await office.client.send("DELETE", f"{path}/2", by="admin")).status == 204
    assert (await office.client.send("DELETE", f"{path}/1", by="agent")).status == 204


async def test_colleagues_see_who_is_there(office: Office) -> None:
    await office.open()
    assert (await office.post("/presence", {"doing": "viewing"})).body == []
    others = (await office.post("/presence", {"doing": "typing"}, by="viewer")).body
    assert [(each["name"], each["doing"]) for each in others] == [("agent", "viewing")]
    assert [each["name"] for each in (await office.get()).body["watching"]] == ["agent", "viewer"]
    await office.post("/presence", {"doing": "gone"}, by="viewer")
    assert [each["name"] for each in (await office.get()).body["watching"]] == ["agent"]


async def test_pages_go_on_where_the_last_one_ended(office: Office) -> None:
    await office.open()
    office.w.now += 1
    await office.w.hear(*(text(f"message {n}", at=office.w.now) for n in range(5)))
    seen: list[str] = []
    before = ""
    while True:
        page = (await office.get(f"/thread?limit=2{before}")).body
        seen += [each["id"] for each in page["items"]]
        if page["next"] is None:
            break
        before = f"&after={page['next']}"
    assert seen == [f"in-{n}" for n in range(6, 0, -1)]
    assert (await office.get("/thread?after=nonsense")).status == 422


ADDRESSES: list[tuple[str, str, object]] = [
    ("GET", "", None),
    ("GET", "/thread", None),
    ("GET", "/templates", None),
    ("GET", "/media/in-1", None),
    ("POST", "/takeover", {}),
    ("POST", "/pause", {}),
    ("POST", "/give-back", None),
    ("POST", "/presence", {"doing": "viewing"}),
    ("POST", "/notes", {"id": "note-0001", "text": "x"}),
    ("DELETE", "/notes/1", None),
    ("POST", "/messages", {"id": "message-1", "text": "x"}),
    ("POST", "/files", b"x"),
    ("POST", "/templates/preview", {"name": "a", "language": "en"}),
]


async def test_another_workspace_sees_and_does_nothing(office: Office) -> None:
    await office.open()
    await office.post("/notes", {"id": "note-0001", "text": "ours"})
    for method, path, body in ADDRESSES:
        said = await office.client.send(method, f"/conversations/{office.id}{path}", body, by="cafe")
        assert said.status == 404, path
        assert "hello" not in said.text
    assert (await office.w.conversation()).mode == "bot"
    assert len([each for each in await office.thread() if each["note"]]) == 1


async def test_a_viewer_only_looks(office: Office) -> None:
    await office.open()
    for method, path, body in ADDRESSES:
        looks = method == "GET" or path in ("/presence", "/templates/preview")
        said = await office.client.send(method, f"/conversations/{office.id}{path}", body, by="viewer")
        assert (said.status == 403) is not looks, path


async def test_ready_replies(office: Office) -> None:
    await office.open()
    send = office.client.send
    kept = await send("POST", "/canned-replies", {"shortcut": "hours", "text": "9 to 5"}, by="agent")
    assert kept.status == 201
    assert (await send("POST", "/canned-replies", {"shortcut": "hours", "text": "no"}, by="agent")).status == 409
    changed = {"shortcut": "hours", "language": "id", "text": "9 sampai 5"}
    assert (await send("PUT", f"/canned-replies/{kept.body['id']}", changed, by="agent")).status == 200
    assert (await send("GET", "/canned-replies", by="viewer")).body["items"][0]["text"] == "9 sampai 5"
    assert (await send("GET", "/canned-replies", by="cafe")).body["items"] == []
    assert (await send("PUT", f"/canned-replies/{kept.body['id']}", changed, by="cafe")).status == 404
    assert (await send("DELETE", f"/canned-replies/{kept.body['id']}", by="cafe")).status == 404
    assert (await send("DELETE", f"/canned-replies/{kept.body['id']}", by="agent")).status == 204
    assert (await send("POST", "/canned-replies", {"shortcut": "two words", "text": "x"}, by="agent")).status == 422
