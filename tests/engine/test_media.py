"""Files of turns: fetched once whatever crashes, refused with a reason that is kept, sent by uploads that last."""

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import pytest

from tests.engine.media_rig import PUBLIC, SENDS, studio
from tests.media import samples
from turnkeeper.app.files import forget_batch
from turnkeeper.bots.turn import Turn
from turnkeeper.media import links
from turnkeeper.media.base import Place
from turnkeeper.media.disk import DiskStore
from turnkeeper.model.contents import Document, File, Image
from turnkeeper.model.errors import MediaRefused, MediaUnavailable
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.events import TURNS
from turnkeeper.testing.fake_graph import Cut, Endless, GzipBomb, Lie, Redirect, hold, refuse

JPEG = samples.jpeg() + b"pixels" * 1000
KEY = hashlib.sha256(JPEG).hexdigest()


async def tells(turn: Turn) -> None:
    """What it was sent, or why not."""
    try:
        file = await turn.file()
    except MediaRefused as refused:
        await turn.reply(f"refused: {refused.reason}")
    else:
        await turn.reply(f"{file.mime} {file.size} {file.filename}")


@in_virtual_time
async def test_a_file_is_fetched_kept_and_read() -> None:
    async def body(turn: Turn) -> None:
        file = await turn.file()
        assert await file.read() == JPEG
        assert (await file.path()).read_bytes() == JPEG
        assert [chunk async for chunk in file.open()] == [JPEG]
        await turn.reply(f"{file.key} {file.mime} {file.size} {file.filename}")

    async with studio(body) as place:
        await place.sends("image", JPEG, "image/jpeg")
        await place.rests()
        assert place.heard == [f"{KEY} image/jpeg {len(JPEG)} file.jpg"]
        (kept,) = place.files()
        assert kept.read_bytes() == JPEG
        assert kept.name == KEY
        assert kept.stat().st_mode & 0o777 == 0o600
        assert {folder.stat().st_mode & 0o777 for folder in kept.parents[:4]} == {0o700}


@in_virtual_time
async def test_the_same_file_is_asked_for_once_in_all_turns() -> None:
    seen: list[Any] = []

    async def body(turn: Turn) -> None:
        seen.extend(event.media for event in turn.events if event.media)
        first = await turn.file(seen[0])
        again = await turn.file(seen[0])
        assert first.key == again.key
        await turn.reply(first.filename)

    async with studio(body) as place:
        media_id = await place.sends("document", samples.PDF, "application/pdf", "a.pdf")
        await place.rests()
        await place.writes("and again")
        await place.rests()
        assert place.heard == ["a.pdf", "a.pdf"]
        assert (place.fake.media[media_id].lookups, place.fake.media[media_id].downloads) == (1, 1)


@pytest.mark.parametrize("moment", ["put", "noted", "step"])
@in_virtual_time
async def test_a_crash_at_any_moment_fetches_at_most_once_more(moment: str) -> None:
    """Once it is noted, never again, though the step was not journaled."""
    async with studio(tells) as place:
        reached = asyncio.Event()

        async def stop(*_: Any, **__: Any) -> None:
            reached.set()
            await asyncio.Event().wait()

        held: Any = place.kept if moment == "put" else place.store
        name = {"put": "put", "noted": "note_media", "step": "finish_step"}[moment]
        original = getattr(held, name)
        setattr(held, name, stop)
        media_id = await place.sends("image", JPEG, "image/jpeg")
        async with asyncio.timeout(60):
            await reached.wait()
        setattr(held, name, original)
        await place.crash()
        await place.rests()
        assert place.heard == [f"image/jpeg {len(JPEG)} file.jpg"]
        assert place.fake.media[media_id].downloads == (1 if moment == "step" else 2)
        assert [path.name for path in place.files() if path.parent.name != "incoming"] == [KEY]


@in_virtual_time
async def test_a_new_attempt_does_not_fetch_again() -> None:
    async def body(turn: Turn) -> None:
        await tells(turn)
        if turn.attempt == 1:
            raise RuntimeError("a bot's mistake")

    async with studio(body) as place:
        media_id = await place.sends("image", JPEG, "image/jpeg")
        await place.rests()
        assert place.heard == [f"image/jpeg {len(JPEG)} file.jpg"]
        assert place.fake.media[media_id].downloads == 1


REFUSALS: list[tuple[str, str, bytes, str, str | None, Lie | None, str]] = [
    ("a page as a picture", "image", samples.HTML, "image/jpeg", None, None, "type_mismatch"),
    ("a picture that was announced as sound", "audio", JPEG, "audio/ogg", None, None, "type_mismatch"),
    ("a bomb", "document", samples.bomb(), "application/zip", "a.zip", None, "archive_bomb"),
    ("a path for a name", "document", samples.PDF, "application/pdf", "../../a.pdf", None, "unsafe_name"),
    ("too much for a picture", "image", JPEG + bytes(6_000_000), "image/jpeg", None, None, "too_large"),
    ("two hundred megabytes, announced", "document", samples.PDF, "application/pdf", "a.pdf",
     Lie(file_size=200 * 2**20), "too_large"),
    ("two hundred megabytes, unannounced", "document", samples.PDF, "application/pdf", "a.pdf",
     Lie(body=Endless()), "too_large"),
    ("two hundred megabytes, packed", "document", samples.PDF, "application/pdf", "a.pdf",
     Lie(body=GzipBomb()), "too_large"),
    ("another file than was announced", "image", JPEG, "image/jpeg", None, Lie(sha256="0" * 64), "checksum_mismatch"),
    ("the machine's own data", "image", JPEG, "image/jpeg", None, Lie(body=Redirect()), "internal_address"),
    ("a host inside", "image", JPEG, "image/jpeg", None, Lie(body=Redirect("https://inside.example.com/x")),
     "internal_address"),
    ("this machine", "image", JPEG, "image/jpeg", None, Lie(body=Redirect("https://127.0.0.1/x")), "internal_address"),
    ("not https", "image", JPEG, "image/jpeg", None, Lie(body=Redirect("http://files.example.com/x")), "unsafe_link"),
    ("not the web", "image", JPEG, "image/jpeg", None, Lie(body=Redirect("file:///etc/passwd")), "unsafe_link"),
    ("octal numbers", "image", JPEG, "image/jpeg", None, Lie(body=Redirect("https://0177.0.0.1/x")), "unsafe_link"),
    ("in a circle", "image", JPEG, "image/jpeg", None, Lie(body=Redirect("https://graph.test/nowhere")), "gone"),
    ("nothing", "document", b"", "application/pdf", "a.pdf", None, "empty"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("label", "kind", "data", "mime", "filename", "lie", "reason"), REFUSALS, ids=[row[0] for row in REFUSALS]
)
@in_virtual_time
async def test_what_is_refused_is_in_the_ledger_with_its_reason(
    label: str, kind: str, data: bytes, mime: str, filename: str | None, lie: Lie | None, reason: str
) -> None:
    async with studio(tells) as place:
        await place.sends(kind, data, mime, filename, lie)
        await place.rests()
        assert place.heard == [f"refused: {reason}"]
        assert (await place.store.ledger()).refused == {reason: 1}
        (told,) = await place.moments("media_refused")
        assert (told.text, told.turn_no) == (reason, 1)
        assert told.detail
        assert place.files() == []


@in_virtual_time
async def test_a_refusal_stands() -> None:
    """What was refused is not asked for again, in this turn or a later one."""
    seen: list[Any] = []

    async def body(turn: Turn) -> None:
        seen.extend(event.media for event in turn.events if event.media)
        for _ in range(2):
            with pytest.raises(MediaRefused, match="type_mismatch"):
                await turn.file(seen[0])
        await turn.reply("no")

    async with studio(body) as place:
        media_id = await place.sends("image", samples.HTML, "image/jpeg")
        await place.rests()
        await place.writes("and now?")
        await place.rests()
        assert place.heard == ["no", "no"]
        assert place.fake.media[media_id].downloads == 1
        assert (await place.store.ledger()).refused == {"type_mismatch": 1}


@in_virtual_time
async def test_a_refusal_that_no_bot_catches_ends_the_turn_at_once_in_words() -> None:
    attempts: list[int] = []

    async def body(turn: Turn) -> None:
        attempts.append(turn.attempt)
        await turn.file()

    async with studio(body, replace(TURNS, media_reply="A photo, please.")) as place:
        await place.sends("image", samples.HTML, "image/jpeg")
        await place.rests()
        assert attempts == [1]
        assert place.heard == ["A photo, please."]
        assert (await place.store.ledger()).states["failed"] == 1
        (failed,) = [each for each in await place.moments("failed") if each.turn_no == 1 and each.detail]
        assert "type_mismatch" in str(failed.detail)


@in_virtual_time
async def test_a_turn_without_a_file_says_so() -> None:
    async def body(turn: Turn) -> None:
        with pytest.raises(LookupError):
            await turn.file()
        await turn.reply("none")

    async with studio(body) as place:
        await place.writes("hello")
        await place.rests()
        assert place.heard == ["none"]


@in_virtual_time
async def test_what_fails_for_now_is_tried_again_in_the_step() -> None:
    async with studio(tells) as place:
        for target in ("media", "download", "download"):
            place.fake.faults[target].append(refuse(131016))  # type: ignore[index]
        await place.sends("image", JPEG, "image/jpeg")
        await place.rests()
        assert place.heard == [f"image/jpeg {len(JPEG)} file.jpg"]
        assert not await place.moments("failed")


@in_virtual_time
async def test_a_provider_that_stays_away_fails_the_attempt_not_the_file() -> None:
    async with studio(tells) as place:
        for _ in range(5):
            place.fake.faults["media"].append(refuse(131016))
        await place.sends("image", JPEG, "image/jpeg")
        await place.rests()
        assert place.heard == [f"image/jpeg {len(JPEG)} file.jpg"]
        assert (await place.store.ledger()).refused == {}
        assert (await place.conversation()).attempt == 2


@in_virtual_time
async def test_a_file_that_breaks_off_is_fetched_anew() -> None:
    async with studio(tells) as place:
        media_id = await place.sends("image", JPEG, "image/jpeg", lie=Lie(body=Cut(100)))
        async with asyncio.timeout(60):
            while not place.fake.media[media_id].downloads:
                await asyncio.sleep(0.1)
        place.fake.media.lie(media_id, Lie())
        await place.rests()
        assert place.heard == [f"image/jpeg {len(JPEG)} file.jpg"]


@in_virtual_time
async def test_an_address_that_has_expired_is_asked_for_again() -> None:
    async with studio(tells) as place:
        looked_up = place.fake.media.look_up

        async def expired(*given: Any) -> Any:
            answer = await looked_up(*given)
            place.fake.media.forget_addresses()
            place.fake.media.look_up = looked_up  # type: ignore[method-assign]
            return answer

        place.fake.media.look_up = expired  # type: ignore[method-assign]
        media_id = await place.sends("image", JPEG, "image/jpeg")
        await place.rests()
        assert place.heard == [f"image/jpeg {len(JPEG)} file.jpg"]
        assert place.fake.media[media_id].lookups == 2


@in_virtual_time
async def test_a_file_that_the_provider_has_no_more_is_gone() -> None:
    async with studio(tells) as place:
        media_id = await place.sends("image", JPEG, "image/jpeg")
        place.fake.media[media_id].deleted = True
        await place.rests()
        assert place.heard == ["refused: gone"]


@in_virtual_time
async def test_a_file_that_the_provider_could_not_take_is_gone_too() -> None:
    """More than 100 MB: Meta tells of the message, and that its file could not be had."""
    async with studio(tells) as place:
        for _ in range(2):
            error = {"code": 131052, "title": "Media download error", "message": "too large"}
            await (await place.person()).send("document", {}, errors=[error])
            await place.rests()
        assert place.heard == ["refused: gone", "refused: gone"]
        assert (await place.store.ledger()).refused == {"gone": 2}


@in_virtual_time
async def test_the_token_goes_to_the_provider_only() -> None:
    asked: list[httpx2.Headers] = []

    async with studio(tells) as place:
        place.elsewhere["https://93.184.216.34/me.jpg"] = JPEG
        build = place.client._client.build_request

        def noted(*given: Any, **named: Any) -> Any:
            request = build(*given, **named)
            asked.append(request.headers)
            return request

        place.client._client.build_request = noted  # type: ignore[method-assign]
        lie = Lie(body=Redirect("https://files.example.com/me.jpg"))
        await place.sends("image", JPEG, "image/jpeg", lie=lie)
        await place.rests()
        assert place.heard == [f"image/jpeg {len(JPEG)} file.jpg"]
        (elsewhere,) = [headers for headers in asked if headers["host"] == "files.example.com"]
        assert "authorization" not in elsewhere
        assert elsewhere["accept-encoding"] == "identity"


@in_virtual_time
async def test_a_bots_file_is_uploaded_once_and_sent_by_its_id() -> None:
    async def body(turn: Turn) -> None:
        file = await turn.attach(samples.PDF, filename="menu.pdf")
        await turn.reply(Document(file, caption=turn.text))

    async with studio(body) as place:
        for said in ("first", "second"):
            await place.writes(said)
            await place.rests()
        (upload,) = place.fake.media.uploads
        assert (upload.data, upload.mime, upload.sends) == (samples.PDF, "application/pdf", 2)
        bodies = [each.body["document"] for each in place.received]
        assert bodies == [
            {"id": upload.id, "caption": "first", "filename": "menu.pdf"},
            {"id": upload.id, "caption": "second", "filename": "menu.pdf"},
        ]
        assert (await place.store.ledger()).states["answered"] == 2


@in_virtual_time
async def test_what_came_can_be_sent_back() -> None:
    async def body(turn: Turn) -> None:
        await turn.reply(Image((await turn.file()).as_file()))

    async with studio(body) as place:
        await place.sends("image", JPEG, "image/jpeg")
        await place.rests()
        (upload,) = place.fake.media.uploads
        assert (upload.data, upload.sends) == (JPEG, 1)


@in_virtual_time
async def test_a_path_is_attached_and_must_be_there() -> None:
    async def body(turn: Turn) -> None:
        file = await turn.attach(str(menu))
        assert (file.filename, file.size, file.mime) == ("menu.pdf", len(samples.PDF), "application/pdf")
        for wrong in (menu.with_name("none.pdf"), menu.parent):
            with pytest.raises(MediaRefused, match="no_file"):
                await turn.attach(wrong)
        with pytest.raises(MediaRefused, match="type_mismatch"):
            await turn.attach(samples.HTML, mime="image/png")
        await turn.reply("done")

    async with studio(body) as place:
        menu = place.folder / "menu.pdf"
        menu.write_bytes(samples.PDF)
        await place.writes("menu?")
        await place.rests()
        assert place.heard == ["done"]
        assert menu.read_bytes() == samples.PDF
        assert (await place.store.ledger()).refused == {"no_file": 2, "type_mismatch": 1}


async def sends_a_menu(turn: Turn) -> None:
    await turn.reply(Document(await turn.attach(samples.PDF, filename="menu.pdf")))


@in_virtual_time
async def test_an_upload_that_fails_for_now_is_repeated_and_the_message_sent_once() -> None:
    async with studio(sends_a_menu) as place:
        place.fake.faults["upload"].append(refuse(131016))
        await place.writes("menu?")
        await place.rests()
        assert [upload.sends for upload in place.fake.media.uploads] == [1]


@in_virtual_time
async def test_an_upload_that_the_provider_refuses_fails_the_message() -> None:
    async with studio(sends_a_menu) as place:
        place.fake.faults["upload"].append(refuse(131053))
        await place.writes("menu?")
        await place.rests()
        assert place.fake.media.uploads == []
        (failed,) = [each for each in await place.moments("failed") if each.seq and each.detail]
        assert "131053" in str(failed.detail)


@in_virtual_time
async def test_a_reused_upload_that_is_refused_is_made_anew_once() -> None:
    async with studio(sends_a_menu) as place:
        await place.writes("menu?")
        await place.rests()
        place.fake.faults["send"].append(refuse(131053))
        await place.writes("again?")
        await place.rests()
        assert [upload.sends for upload in place.fake.media.uploads] == [1, 1]
        for _ in range(2):
            place.fake.faults["send"].append(refuse(131053))
        await place.writes("and again?")
        await place.rests()
        assert [upload.sends for upload in place.fake.media.uploads] == [1, 1, 0]
        assert [each.kind for each in await place.moments("failed") if each.seq == 3]


@in_virtual_time
async def test_an_upload_that_the_provider_has_deleted_is_made_anew() -> None:
    """As where the channel was given another number."""
    async with studio(sends_a_menu) as place:
        await place.writes("menu?")
        await place.rests()
        (first,) = place.fake.media.uploads
        first.deleted = True
        await place.writes("again?")
        await place.rests()
        assert [upload.sends for upload in place.fake.media.uploads if upload is not first] == [1]
        assert len(place.received) == 2


@in_virtual_time
async def test_an_upload_is_made_anew_when_its_time_is_over() -> None:
    async with studio(sends_a_menu) as place:
        await place.writes("menu?")
        await place.rests()
        await place.sleeps(29 * 86_400.0 + 1)
        await place.writes("menu?")
        await place.rests()
        assert [upload.sends for upload in place.fake.media.uploads] == [1, 1]


@in_virtual_time
async def test_a_slow_upload_is_followed_by_a_fresh_mark() -> None:
    """The send's own limit begins with its mark: after a long upload it would be over too soon."""
    async with studio(sends_a_menu) as place:
        place.fake.faults["upload"].append(hold(10.0))
        await place.writes("menu?")
        await place.rests()
        (upload,) = place.fake.media.uploads
        assert upload.sends == 1
        rows = place.store._opened().execute("select tries, failures, sending_at from outbound").fetchall()
        assert rows[0][:2] == (2, 1)
        assert place.received[0].at - rows[0][2] < SENDS.send_limit


LINKS: list[tuple[str, str, str]] = [
    ("inside, by name", "https://inside.example.com/a.pdf", "internal_address"),
    ("inside, by number", "https://10.1.2.3/a.pdf", "internal_address"),
    ("this machine", "https://127.0.0.1/a.pdf", "internal_address"),
    ("the cloud's own data", "https://169.254.169.254/latest", "internal_address"),
    ("inside an IPv6 address", "https://[::ffff:10.0.0.1]/a.pdf", "internal_address"),
    ("not https", "http://files.example.com/a.pdf", "unsafe_link"),
    ("with a password", "https://me:secret@files.example.com/a.pdf", "unsafe_link"),
    ("with an empty name", "https://@files.example.com/a.pdf", "unsafe_link"),
    ("in octal numbers", "https://0177.0.0.1/a.pdf", "unsafe_link"),
    ("far too long a name", f"https://{'a' * 70}.com/a.pdf", "unsafe_link"),
]


@pytest.mark.parametrize(("label", "link", "reason"), LINKS, ids=[row[0] for row in LINKS])
@in_virtual_time
async def test_links_that_lead_inside_are_not_passed_on(label: str, link: str, reason: str) -> None:
    async def body(turn: Turn) -> None:
        await turn.reply(Document(File(link=link)))

    async with studio(body) as place:
        await place.writes("hello")
        await place.rests()
        assert place.heard == []
        (failed,) = [each for each in await place.moments("failed") if each.seq and each.detail]
        assert failed.detail
        assert (await place.store.ledger()).refused == {reason: 1}


@in_virtual_time
async def test_a_mistake_of_ours_before_the_call_fails_the_message_and_holds_up_nothing() -> None:
    async def body(turn: Turn) -> None:
        await turn.reply(Document(File(link="https://files.example.com/a.pdf")))
        await turn.reply("and this")

    async def mistaken(_: str) -> None:
        raise RuntimeError("hush")

    async with studio(body) as place:
        place.client.refuse_internal = mistaken  # type: ignore[method-assign]
        await place.writes("hello")
        await place.rests()
        assert place.heard == ["and this"]
        (failed,) = [each for each in await place.moments("failed") if each.seq and each.detail]
        assert failed.detail == "an error of our own before the call"


@in_virtual_time
async def test_public_links_and_our_own_are_passed_on() -> None:
    async def body(turn: Turn) -> None:
        await turn.reply(Document(File(link="https://files.example.com/a.pdf", filename="a.pdf")))
        file = await turn.file()
        link = file.link(600)
        assert link.startswith(f"{PUBLIC}/media/")
        assert links.read_token(b"a secret", link.rpartition("/")[2], now=0.0) == Place("default", KEY)
        await turn.reply(Image(File(link=link)))

    async with studio(body) as place:
        await place.sends("image", JPEG, "image/jpeg")
        await place.rests()
        assert len(place.heard) == 2


@in_virtual_time
async def test_files_that_nobody_needs_are_deleted_and_what_is_needed_stays() -> None:
    keep = 30 * 86_400.0

    async def body(turn: Turn) -> None:
        if turn.text == "menu?":
            await sends_a_menu(turn)
        else:
            await tells(turn)

    async with studio(body) as place:
        await place.writes("menu?")
        await place.rests()
        await place.sends("image", JPEG, "image/jpeg")
        await place.rests()
        await place.sleeps(keep - 600)
        await place.writes("menu?")
        await place.rests()
        assert await forget_batch(place.store, place.kept, place.clock.now(), keep) == 0
        await place.sleeps(1200)
        assert await forget_batch(place.store, place.kept, place.clock.now(), keep) == 1
        assert [path.read_bytes() for path in place.files()] == [samples.PDF]
        assert await place.store.find_file(place.channel.workspace_id, KEY) is None


@in_virtual_time
async def test_a_file_that_is_about_to_be_sent_is_needed() -> None:
    """Said in words that are not sent yet, by a key that the bot has remembered for long."""
    keep = 30 * 86_400.0

    async def body(turn: Turn) -> None:
        if turn.text == "keep it":
            turn.state["key"] = (await turn.attach(JPEG)).key
        elif turn.text == "now":
            await turn.say_now(Image(File(key=turn.state["key"])))
        else:
            await turn.reply(Image(File(key=turn.state["key"])))

    async with studio(body, replace(TURNS, session_ttl=3 * keep)) as place:
        await place.writes("keep it")
        await place.rests()
        for said in ("later", "now"):
            await place.sleeps(keep - 600)
            await place.writes(said)
            await place.rests()
            await place.sleeps(1200)
            assert await forget_batch(place.store, place.kept, place.clock.now(), keep) == 0
        assert len(place.received) == 2


@in_virtual_time
async def test_a_file_that_cannot_be_deleted_now_is_deleted_later() -> None:
    async with studio(tells) as place:
        await place.sends("image", JPEG, "image/jpeg")
        await place.rests()
        real = place.kept.delete

        async def broken(_: Place) -> None:
            raise MediaUnavailable("not now")

        place.kept.delete = broken  # type: ignore[method-assign]
        await asyncio.sleep(100)
        assert await forget_batch(place.store, place.kept, place.clock.now(), 10.0) == 0
        place.kept.delete = real  # type: ignore[method-assign]
        assert await forget_batch(place.store, place.kept, place.clock.now(), 10.0) == 0
        await place.sleeps(700)
        assert await forget_batch(place.store, place.kept, place.clock.now(), 10.0) == 1
        assert place.files() == []


@in_virtual_time
async def test_a_file_that_is_gone_is_not_sent() -> None:
    async def body(turn: Turn) -> None:
        await turn.reply(Image(File(key="0" * 64, mime="image/jpeg")))

    async with studio(body) as place:
        await place.writes("hello")
        await place.rests()
        (failed,) = [each for each in await place.moments("failed") if each.seq and each.detail]
        assert "attach it again" in str(failed.detail)


class Elsewhere(DiskStore):
    """A place that is not on this machine."""

    async def local(self, place: Place) -> Path | None:  # noqa: ARG002
        return None


@in_virtual_time
async def test_the_path_of_a_file_that_is_elsewhere_is_a_copy_for_the_turn() -> None:
    paths: list[Path] = []

    async def body(turn: Turn) -> None:
        path = await (await turn.file()).path()
        paths.append(path)
        assert path.read_bytes() == JPEG
        await turn.reply("read")

    with TemporaryDirectory() as folder:
        async with studio(body, kept=Elsewhere(Path(folder))) as place:
            await place.sends("image", JPEG, "image/jpeg")
            await place.rests()
            assert place.heard == ["read"]
            assert not paths[0].exists()
            assert place.files() == []
