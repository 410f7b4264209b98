"""The kit for bot authors: it is production's engine, and it says so when it is used wrongly."""

import asyncio
import itertools

import pytest

from tests.media import samples
from turnkeeper import Bot, Document, File, MediaRefused, Turn
from turnkeeper.model.conversation import Mode
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.testing import conversation as kit
from turnkeeper.testing.conversation import NeverAtRest, conversation, in_virtual_time


def bot_that(stage: object) -> Bot:
    bot = Bot("assistant")
    bot.stage("only", first=True)(stage)  # type: ignore[arg-type]
    return bot


async def echo(turn: Turn) -> None:
    await turn.reply(turn.text)


async def test_it_wants_virtual_time() -> None:
    with pytest.raises(RuntimeError, match="write @in_virtual_time above the test"):
        async with conversation(bot_that(echo)):
            pass


@in_virtual_time
async def test_what_the_bot_raised_is_kept() -> None:
    async def cross(turn: Turn) -> None:
        raise ValueError(f"attempt {turn.attempt}")

    async with conversation(bot_that(cross)) as person:
        await person.says("hi")
        assert [str(error) for error in person.raised] == ["attempt 1", "attempt 2", "attempt 3"]
        assert person.heard == [TurnPolicy().error_reply]


@in_virtual_time
async def test_the_settings_are_the_tests_own() -> None:
    turns = TurnPolicy(gather=False, rate_limit=None)
    async with conversation(bot_that(echo), turns=turns) as person:
        await person.says("one", "two", pause=0.1)
        assert person.heard == ["one", "two"]


@in_virtual_time
async def test_a_bot_that_never_rests_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kit, "_LONGEST", 30.0)

    async def restless(turn: Turn) -> None:
        await asyncio.sleep(200)

    async with conversation(bot_that(restless)) as person:
        with pytest.raises(NeverAtRest, match="still busy after 30 s"):
            await person.says("hi")
        with pytest.raises(NeverAtRest, match="nobody said 'hello', only"):
            await person.hears("hello")


@in_virtual_time
async def test_nobody_can_take_over_what_has_not_begun() -> None:
    async with conversation(bot_that(echo)) as person:
        assert await person.moments() == []
        assert not await person.is_answered_by(Mode.BOT)
        with pytest.raises(ValueError, match="before the person has written"):
            await person.is_taken_over()


@in_virtual_time
async def test_typing_is_seen() -> None:
    async def slow(turn: Turn) -> None:
        await asyncio.sleep(30)
        await turn.reply("at last")

    async with conversation(bot_that(slow)) as person:
        await person.says("hi")
        assert len(person.typing_at) == 2


@pytest.mark.parametrize("after", [0.0, 4.05, 4.15, 5.0, 5.05, 5.15])
@in_virtual_time
async def test_a_crash_at_any_moment_neither_loses_nor_repeats(after: float) -> None:
    async def think(text: str) -> str:
        await asyncio.sleep(1)
        return text

    async def only(turn: Turn) -> None:
        await turn.reply(await turn.step("think", think, turn.text))
        await turn.reply("goodbye")

    async with conversation(bot_that(only)) as person:
        await person.writes("hi")
        await asyncio.sleep(after)
        await person.survives_a_crash()
        await person.rests()
        assert person.heard == ["hi", "goodbye"]
        assert (await person.ledger()).states["answered"] == 1


@in_virtual_time
async def test_days_pass_at_once_and_timers_fire_on_time() -> None:
    fired: list[float] = []

    async def only(turn: Turn) -> None:
        fired.append(asyncio.get_running_loop().time())
        if len(fired) < 5:
            turn.after(86_400, "daily")

    async with conversation(bot_that(only)) as person:
        await person.says("hi")
        await person.waits(5 * 86_400)
        waits = [later - earlier for earlier, later in itertools.pairwise(fired)]
        assert len(waits) == 4
        assert [round(wait) for wait in waits] == [86_400] * 4


@in_virtual_time
async def test_files_go_both_ways() -> None:
    async def copier(turn: Turn) -> None:
        try:
            file = await turn.file()
        except LookupError:
            await turn.reply("send me a file")
        except MediaRefused as refused:
            await turn.reply(refused.reason)
        else:
            assert file.link(60).startswith("https://bot.example.com/media/")
            await turn.reply(Document(file.as_file(), caption=f"{file.mime} {turn.text}"))
            await turn.reply(Document(await turn.attach(b"hello", filename="a.txt"), caption="mine"))

    async with conversation(bot_that(copier)) as person:
        await person.says("hi")
        await person.sends(samples.PDF, "application/pdf", filename="a.pdf", caption="this")
        await person.sends(samples.HTML, "image/jpeg")
        assert person.heard == ["send me a file", "application/pdf this", "mine", "type_mismatch"]
        assert person.files == [samples.PDF, b"hello"]
        assert person.raised == []


@in_virtual_time
async def test_links_into_our_own_network_are_not_sent() -> None:
    async def leaker(turn: Turn) -> None:
        await turn.reply(Document(File(link=turn.text)))

    async with conversation(bot_that(leaker)) as person:
        await person.says("https://10.0.0.1/a.pdf")
        assert person.received == []
        await person.says("https://files.example.com/a.pdf")
        assert person.received[0]["document"]["link"] == "https://files.example.com/a.pdf"
        assert (await person.ledger()).refused == {"internal_address": 1}
