"""A bot that looks something up, thinks about what is hard, and notes next to itself what it did.

About what is very hard it thinks until a file `go` lies next to it.
"""

import asyncio
from pathlib import Path

from turnkeeper import Bot, Turn

bot = Bot("assistant")
DONE = Path(__file__).with_name("done")
GO = Path(__file__).with_name("go")


def note(what: str) -> None:
    with DONE.open("a") as file:
        file.write(what.replace("\n", " | ") + "\n")


async def look_up(text: str) -> list[str]:
    note(f"looked up {text}")
    return text.split("\n")


async def think(text: str) -> None:
    note(f"thinking {text}")
    await asyncio.sleep(1.0)
    while "very hard" in text and not GO.exists():
        await asyncio.sleep(0.02)


@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    found = await turn.step("look_up", look_up, turn.text)
    if "hard" in turn.text:
        await turn.step("think", think, turn.text)
    for line in found:
        await turn.reply(f"told: {line}")
