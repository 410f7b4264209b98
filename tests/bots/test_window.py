"""What a bot sees of the window."""

from dataclasses import replace

from turnkeeper import Bot, Turn
from turnkeeper.model.policy import FallbackTemplate
from turnkeeper.testing.conversation import conversation, in_virtual_time
from turnkeeper.testing.events import TURNS


@in_virtual_time
async def test_a_bot_sees_the_window_close() -> None:
    bot = Bot("shop")
    seen: list[tuple[bool, float | None, float]] = []

    @bot.stage("start", first=True)
    async def start(turn: Turn) -> None:
        seen.append((turn.window.is_open, turn.window.closes_at, turn.window.seconds_left))
        if not turn.timers:
            turn.after(86_400.0, "tomorrow")
        await turn.reply("here I am")

    async with conversation(bot) as person:
        await person.says("hi")
        await person.waits(86_500.0)
        assert person.heard == ["here I am"]
    (open_then, closes_then, left_then), (open_now, closes_now, left_now) = seen
    assert (open_then, open_now, left_now) == (True, False, 0.0)
    assert closes_then == closes_now
    assert 86_000.0 < left_then <= 86_400.0


@in_virtual_time
async def test_what_comes_too_late_arrives_as_the_template() -> None:
    bot = Bot("shop")

    @bot.stage("start", first=True)
    async def start(turn: Turn) -> None:
        if turn.timers:
            await turn.reply("Your table is *ready*.\n\nSee you!")
        else:
            turn.after(90_000.0, "ready")

    stand_in = FallbackTemplate("answer_ready", "en", ("{text}",))
    async with conversation(bot, turns=replace(TURNS, fallback_template=stand_in)) as person:
        await person.says("book me a table")
        await person.waits(90_100.0)
        (body,) = person.received
        assert body["template"]["name"] == "answer_ready"
        assert body["template"]["components"][0]["parameters"] == [
            {"type": "text", "text": "Your table is _ready_. See you!"}
        ]
        assert (await person.ledger()).states["answered"] == 1
