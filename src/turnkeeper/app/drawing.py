"""Bots as they can be seen from outside: which there are, and those of stages as diagrams."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, Literal

from turnkeeper.app.link import Link
from turnkeeper.app.people import NotThere
from turnkeeper.config.bots import AgentKeys, PythonKeys
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.ids import BotId

if TYPE_CHECKING:
    from turnkeeper.bots.python import Bot
    from turnkeeper.bots.sketch import Sketch
    from turnkeeper.config import BotSettings, Settings

Format = Literal["svg", "mermaid", "json"]


def listed(settings: Settings) -> list[dict[str, Any]]:
    """Every bot: its name, its kind, what it is made of, its stages if it has any, and what keeps it from loading."""
    return [_told(settings, bot) for bot in settings.bots.values()]


def _told(settings: Settings, bot: BotSettings) -> dict[str, Any]:
    told: dict[str, Any] = {"bot": bot.id, "kind": bot.keys.kind, "of": None, "stages": None, "problem": None}
    told["channels"] = [channel.id for channel in settings.channels if channel.bot_id == bot.id]
    match bot.keys:
        case AgentKeys() as keys:
            told["of"] = ", ".join(each.model for each in keys.models) or None
        case PythonKeys() as keys:
            told["of"] = keys.entry
            try:
                told["stages"] = list(_loaded(settings, bot.id, keys).stages)
            except ConfigurationError as error:
                told["problem"] = str(error)
    return told


def drawn(settings: Settings, name: str | None, wanted: Format) -> str:
    """A bot of stages as text of that format; None: the only one that there is. Raises NotThere for another bot,
    ConfigurationError for a broken one."""
    from turnkeeper.bots.drawn import diagram
    from turnkeeper.text.diagram import mermaid
    from turnkeeper.text.drawing import svg

    found = sketched(settings, name or _only(settings))
    match wanted:
        case "json":
            return json.dumps(found.as_words(), ensure_ascii=False) + "\n"
        case "mermaid":
            return mermaid(diagram(found))
        case "svg":
            return svg(diagram(found))


def _only(settings: Settings) -> str:
    drawable = [bot.id for bot in settings.bots.values() if isinstance(bot.keys, PythonKeys)]
    if len(drawable) != 1:
        raise NotThere(f"which bot? In Python: {', '.join(drawable) or 'none'}.")
    return drawable[0]


def sketched(settings: Settings, name: str) -> Sketch:
    """What a bot's code says. Raises NotThere and ConfigurationError."""
    from turnkeeper.bots.sketch import sketch

    bot = settings.bots.get(BotId(name))
    if bot is None:
        raise NotThere(f"there is no bot {name}. Bots: {', '.join(settings.bots) or 'none'}.")
    if not isinstance(bot.keys, PythonKeys):
        raise NotThere(f'bot {name} is of kind "{bot.keys.kind}": only bots in Python have stages to draw.')
    return sketch(_loaded(settings, bot.id, bot.keys))


def examine_code(settings: Settings, name: str, entry: str) -> Link:
    """The doctor's link of a bot in Python that can be loaded: whether its code keeps what it says of itself."""
    found = sketched(settings, name)
    link = f"bot {name}"
    for move in found.forbidden():
        detail = f"stage {move.source!r} goes to {move.target!r}, which its `to` does not allow: the turn would fail"
        if move.target not in found.stages:
            detail = f"{move.source!r} goes to the stage {move.target!r}, which is not there: the turn would fail"
        return Link(link, "warning", detail, f"Mend the `to` of {move.source!r}, or add the stage, in {entry}.")
    for step in found.undos_of_nothing():
        detail = f"there is an undo of the step {step!r}, which no stage takes: it would never run"
        return Link(link, "warning", detail, f"Name it as the step is named, in {entry}.")
    if found.is_paid_unheard():
        detail = "it asks for money, and has no handler of payment.paid: whoever pays hears nothing until they write"
        return Link(link, "warning", detail, f'Write @bot.on("payment.paid") in {entry}.')
    return Link(link, "ok", f"{entry} can be imported")


def _loaded(settings: Settings, id_: str, keys: PythonKeys) -> Bot[Any]:
    from turnkeeper.bots.python import load

    sys.dont_write_bytecode = True  # looking leaves nothing behind
    return load(keys.entry, settings.folder, f"bots.{id_}.entry")
