"""What WAHA is asked afterwards: a send of unknown fate, the session, and what came while nobody listened."""

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from tests.channels.scripts import reply
from tests.channels.test_waha_send import AWAY, LOST, OUT, PICTURE, outbound, played
from tests.channels.waha_bodies import (
    AT,
    BASE,
    CHAT,
    CONFIG,
    GROUP,
    ID,
    KEY,
    LID,
    LID_CHAT,
    ME,
    SESSION,
    WORD,
    dump,
    event,
    message,
    signed,
)
from turnkeeper.channels.base import Calls, HttpCall, HttpReply, Pause
from turnkeeper.channels.waha import Waha
from turnkeeper.channels.waha.sending import key_of
from turnkeeper.model.contents import ContactCard, Contacts, Image, Location, Reaction, Sayable, Text, VoiceNote
from turnkeeper.model.events import DeliveryUpdate, Inbound, Media, SessionStatus
from turnkeeper.model.ids import tracker_for
from turnkeeper.model.outbound import Accepted, NotSent, Unknown

WAHA = Waha()
MINE = f"true_{CHAT}_{WORD}"


def listed(*found: Any) -> HttpReply:
    return reply(200, list(found))


def ours(**more: Any) -> Any:
    return message(**{"id": MINE, "fromMe": True, "source": "api", "from": ME, "to": CHAT, **more})


def resolved(content: Sayable, answer: HttpReply, **more: Any) -> Any:
    sent = outbound(content, **{"not_before": AT - 1.0, **more})
    made, found = played(WAHA.resolve(sent, CONFIG), messages=answer)
    [call] = made
    assert isinstance(call, HttpCall)
    assert (call.method, "%40" in call.url, "downloadMedia=false" in call.url) == ("GET", True, True)
    return found


SALAM = Text("Salam")
BY_KEY = key_of(outbound(SALAM))


@pytest.mark.parametrize(
    "label, content, found, expected",
    [
        ("by its key", SALAM, [ours(id=f"true_{LID_CHAT}_{BY_KEY}", body="**Salam**")], Accepted(BY_KEY)),
        ("by its words", SALAM, [ours()], Accepted(WORD)),
        ("the key counts before the words", SALAM, [ours(), ours(id=f"true_{CHAT}_{BY_KEY}")], Accepted(BY_KEY)),
        ("no source is told", SALAM, [ours(source=None)], Accepted(WORD)),
        ("the newest of two", SALAM, [ours(), ours(id=f"true_{CHAT}_3EB0FF")], Accepted(WORD)),
        ("it did not go", SALAM, [ours(ack=-1)], NotSent("WhatsApp did not take the message (ack ERROR)", limit=3)),
        ("other words", SALAM, [ours(body="Hej")], None),
        ("the contact's words", SALAM, [message()], None),
        ("typed on the phone", SALAM, [ours(source="app")], None),
        ("said before", SALAM, [ours(timestamp=AT - 60)], None),
        ("clocks differ a little", SALAM, [ours(timestamp=AT - 9)], Accepted(WORD)),
        ("a picture with these words", SALAM, [ours(hasMedia=True)], None),
        ("a picture", Image(PICTURE, "Salam"), [ours(hasMedia=True)], Accepted(WORD)),
        ("a picture without words", Image(PICTURE), [ours(hasMedia=True, body=None)], Accepted(WORD)),
        ("a voice note", VoiceNote(PICTURE), [ours(hasMedia=True, body=None)], Accepted(WORD)),
        ("another picture", Image(PICTURE, "Hej"), [ours(hasMedia=True)], None),
        ("a place", Location(1.5, 2), [ours(location={"latitude": "1.5", "longitude": "2"})], Accepted(WORD)),
        ("another place", Location(1, 2), [ours(location={"latitude": "1.5", "longitude": "2"})], None),
        ("cards", Contacts((ContactCard("Ada"),)), [ours(vCards=["BEGIN:VCARD"])], Accepted(WORD)),
        ("an empty chat", SALAM, [], None),
    ],
)
def test_a_send_of_unknown_fate_is_looked_for_in_its_chat(
    label: str, content: Sayable, found: list[Any], expected: Any
) -> None:
    assert resolved(content, listed(*found)) == expected


def test_without_a_time_only_the_key_tells() -> None:
    assert resolved(SALAM, listed(ours()), not_before=None) is None
    assert resolved(SALAM, listed(ours(id=BY_KEY)), not_before=None) == Accepted(BY_KEY)


@pytest.mark.parametrize(
    "label, answer, expected",
    [
        ("no connection", AWAY, Unknown),
        ("no answer", LOST, Unknown),
        ("a fault", reply(500, {}), Unknown),
        ("the session is away", reply(422, {"status": "STARTING"}), Unknown),
        ("a page", reply(200, b"<html>"), Unknown),
        ("no store of messages", reply(400, {"message": "Enable NOWEB store"}), type(None)),
    ],
)
def test_what_cannot_be_read_proves_nothing(label: str, answer: HttpReply, expected: type) -> None:
    assert isinstance(resolved(SALAM, answer), expected)


def test_a_reaction_needs_no_look() -> None:
    made, found = played(WAHA.resolve(outbound(Reaction(ID, "x")), CONFIG))
    assert (made, isinstance(found, NotSent)) == ([], True)


@pytest.mark.parametrize(
    "label, answer, status",
    [
        ("works", reply(200, {"name": SESSION, "status": "WORKING"}), "WORKING"),
        ("logged out", reply(200, {"name": SESSION, "status": "SCAN_QR_CODE"}), "SCAN_QR_CODE"),
        ("not there", reply(404, {"message": "Session not found"}), "NO_SESSION"),
        ("no connection", AWAY, None),
        ("a fault", reply(500, {}), None),
        ("another key", reply(401, {"message": f"Unauthorized {KEY}"}), None),
    ],
)
def test_a_session_can_be_asked_for(label: str, answer: HttpReply, status: str | None) -> None:
    made, found = played(WAHA.session(CONFIG), **{SESSION: answer})
    assert [step.url for step in made if isinstance(step, HttpCall)] == [f"{BASE}/api/sessions/{SESSION}"]
    if status is None:
        assert isinstance(found, NotSent)
        assert KEY not in found.reason
    else:
        assert isinstance(found, SessionStatus)
        assert (found.status, found.works, bool(found.mend)) == (status, status == "WORKING", status != "WORKING")


# What was missed.


class Server:
    """A WAHA server with chats; `pages`: how many entries it puts into one answer at most."""

    def __init__(self, chats: dict[str, list[Any]], *, pages: int = 1000) -> None:
        self.chats = chats
        self.pages = pages
        self.calls: list[str] = []

    def missed(self, since: float) -> Any:
        calls: Calls[Any] = WAHA.missed(since, CONFIG)
        try:
            step = next(calls)
            while True:
                assert not isinstance(step, Pause)
                step = calls.send(self.answer(step))
        except StopIteration as end:
            return end.value

    def answer(self, call: HttpCall) -> HttpReply:
        parts = urlsplit(call.url.removeprefix(BASE))
        query = dict(parse_qsl(parts.query))
        self.calls.append(unquote(parts.path))
        if parts.path == f"/api/sessions/{SESSION}":
            return reply(200, {"status": "WORKING", "me": {"id": ME}})
        limit, offset = int(query["limit"]), int(query["offset"])
        if limit > self.pages:
            return LOST
        if parts.path.endswith("/overview"):
            newest = sorted(self.chats, key=self.last_at, reverse=True)
            found = [{"id": chat, "lastMessage": {"timestamp": self.last_at(chat)}} for chat in newest]
            return reply(200, found[offset : offset + limit])
        chat = unquote(parts.path).split("/")[-2]
        assert (query["downloadMedia"], query["sortOrder"], query["merge"]) == ("false", "asc", "true")
        since = int(query["filter.timestamp.gte"])
        told = [each for each in self.chats[chat] if each["timestamp"] >= since]
        return reply(200, told[offset : offset + limit])

    def last_at(self, chat: str) -> int:
        return max(int(each["timestamp"]) for each in self.chats[chat])


def at(n: int, chat: str = CHAT, **more: Any) -> Any:
    return message(**{"id": f"false_{chat}_3EB0{n:04}", "from": chat, "timestamp": AT + n, "body": f"{n}", **more})


def texts(found: Any) -> list[str | None]:
    return [each.text for each in found if isinstance(each, Inbound)]


def test_what_was_missed_is_read_from_the_chats_that_are_newer() -> None:
    server = Server(
        {CHAT: [at(n) for n in range(3)], LID_CHAT: [at(-500, LID_CHAT)], GROUP: [at(5, GROUP, participant=CHAT)]}
    )
    found = server.missed(AT + 1.0)
    assert texts(found) == ["5", "1", "2"]
    assert not [path for path in server.calls if LID in path]
    assert {each.account_id for each in found} == {SESSION}
    assert found[1] == WAHA.parse(signed(dump(event("message", at(1)))), CONFIG)[0]


def test_pages_are_read_to_an_empty_one() -> None:
    server = Server({f"{n}00@c.us": [at(n, f"{n}00@c.us")] for n in range(1, 46)})
    assert len(texts(server.missed(AT))) == 45
    assert server.calls.count(f"/api/{SESSION}/chats/overview") == 4
    many = Server({CHAT: [at(n) for n in range(55)]})
    assert texts(many.missed(AT)) == [str(n) for n in range(55)]


def test_the_overview_is_left_where_everything_is_older() -> None:
    server = Server({f"{n}00@c.us": [at(-n * 1000, f"{n}00@c.us")] for n in range(1, 100)})
    assert texts(server.missed(AT - 1500)) == ["-1000"]
    assert server.calls.count(f"/api/{SESSION}/chats/overview") == 2


def test_answers_that_are_too_large_are_asked_for_in_smaller_ones() -> None:
    assert texts(Server({CHAT: [at(n) for n in range(7)]}, pages=3).missed(AT)) == [str(n) for n in range(7)]
    assert isinstance(Server({CHAT: [at(0)]}, pages=2).missed(AT), NotSent)


def test_our_own_messages_come_with_how_far_they_came_and_stories_do_not_come() -> None:
    own = at(1, id=MINE, fromMe=True, source="app", ack=3)
    server = Server({CHAT: [own], "status@broadcast": [at(1, "status@broadcast")]})
    echo, status = server.missed(AT)
    assert (echo.from_me, echo.known_as) == (True, WORD)
    assert isinstance(status, DeliveryUpdate)
    assert (status.status, status.known_as) == ("read", WORD)


@pytest.mark.parametrize(
    "label, answers, expected",
    [
        ("no connection", {SESSION: AWAY}, NotSent),
        ("no chats now", {SESSION: reply(200, {}), "overview": reply(500, {})}, NotSent),
        ("the session is away", {SESSION: reply(200, {}), "overview": reply(422, {"status": "STARTING"})}, NotSent),
        ("an engine that keeps none", {SESSION: reply(200, {}), "overview": reply(400, {"message": "no store"})}, list),
    ],
)
def test_where_it_cannot_be_read_it_is_asked_again(label: str, answers: dict[str, HttpReply], expected: type) -> None:
    assert isinstance(played(WAHA.missed(AT, CONFIG), **answers)[1], expected)


# Files.

FILE = f"http://localhost:3000/api/files/{ID}.oga"
HOME = f"{BASE}/api/files/{ID}.oga"


def fetched(media: Media, **answers: HttpReply) -> tuple[list[str], Any]:
    made, found = played(WAHA.fetch_media(media, CONFIG), **answers)
    return [step.url for step in made if isinstance(step, HttpCall)], found


ASKED = f"{BASE}/api/{SESSION}/chats/{CHAT.replace('@', '%40')}/messages/{ID.replace('@', '%40')}?downloadMedia=true"
AGAIN = reply(200, message(hasMedia=True, media={"url": FILE, "mimetype": "audio/ogg"}))
GONE = reply(404, {"message": "Not Found"})


def test_a_file_is_had_from_the_configured_server_only() -> None:
    urls, found = fetched(Media(url=FILE, mime="audio/ogg"), **{f"{ID}.oga": HttpReply(206, b"O")})
    assert (urls, found.url, found.trusted) == ([HOME], HOME, True)
    assert found.headers == {"x-api-key": KEY}
    assert "range" not in found.headers


@pytest.mark.parametrize(
    "label, media, answers, calls, kind",
    [
        ("deleted meanwhile", Media(url=FILE), {f"{ID}.oga": GONE, ID.replace("@", "%40"): AGAIN}, [HOME, ASKED],
         "Located"),
        ("never downloaded", Media(id=ID), {ID.replace("@", "%40"): AGAIN}, [ASKED], "Located"),
        ("gone for good", Media(id=ID), {ID.replace("@", "%40"): GONE}, [ASKED], "Rejected"),
        ("downloads are off", Media(id=ID), {ID.replace("@", "%40"): reply(200, message())}, [ASKED], "Rejected"),
        ("a fault", Media(id=ID), {ID.replace("@", "%40"): reply(500, {})}, [ASKED], "NotSent"),
        ("away", Media(url=FILE), {f"{ID}.oga": AWAY}, [HOME], "NotSent"),
        ("too large to look at", Media(url=FILE), {f"{ID}.oga": LOST}, [HOME], "Located"),
        ("nothing is known of it", Media(), {}, [], "Rejected"),
        ("somebody else's address", Media(url="http://169.254.169.254/latest/meta-data"), {}, [], "Rejected"),
        ("out of the files", Media(url=f"{BASE}/api/files/../sessions"), {}, [], "Rejected"),
        ("out of the files, hidden", Media(url=f"{BASE}/api/files/%2e%2e/sessions"), {}, [], "Rejected"),
    ],
)  # fmt: skip
def test_where_a_file_is(label: str, media: Media, answers: Any, calls: list[str], kind: str) -> None:
    urls, found = fetched(media, **answers)
    assert (urls, type(found).__name__) == (calls, kind)


def test_a_server_under_a_path_keeps_its_path() -> None:
    config = replace(CONFIG, base_url="https://gate.test/waha/")
    made, found = played(WAHA.fetch_media(Media(url=FILE), config), **{f"{ID}.oga": HttpReply(206)})
    assert len(made) == 1
    assert found.url == f"https://gate.test/waha/api/files/{ID}.oga"


def test_the_tracker_is_what_the_key_is_made_of() -> None:
    assert key_of(outbound(SALAM)) != key_of(replace(outbound(SALAM), tracker=tracker_for(OUT._replace(seq=8))))
