"""A conversation that was had becomes the script that it was played from: what is saved as a test passes as one."""

from pathlib import Path

import pytest

from turnkeeper.flows.reading import read
from turnkeeper.model.traces import TracedTurn
from turnkeeper.testing.conversation import conversation
from turnkeeper.testing.cues import Cues
from turnkeeper.testing.events import TURNS
from turnkeeper.testing.flows import flow_bot
from turnkeeper.testing.payments import Till
from turnkeeper.testing.playing import Other, Player, Traced, play, together
from turnkeeper.testing.virtual_time import run
from turnkeeper.text.comparing import difference
from turnkeeper.text.recorded import begins, recorded
from turnkeeper.text.script_reading import parse
from turnkeeper.text.scripts import Cue, Script, Sends, written

WELCOME = Path(__file__).parents[2] / "examples/welcome"
SCRIPTS = sorted(WELCOME.rglob("*.script"))


async def had(file: Path, script: Script) -> list[TracedTurn]:
    """The turns of a conversation that went as a script says."""
    cues, till = Cues(), Till()
    traced = Traced(flow_bot([read(file.read_bytes(), version=1)], cues, till))
    async with conversation(traced, turns=TURNS) as person:
        player = Player(person, traced, till=till)
        for group in together(script):
            for line in group:
                if isinstance(line, Cue):
                    cues.add(line)
            sent = [line for line in group if isinstance(line, Sends)]
            if sent:
                await player.send(*sent)
            for line in group:
                if isinstance(line, Other):
                    await player.do(line)
        (found,) = await person._store.recent(1)
        turns = await person._store.turns_of(found.key, None, 100)
        told = [await person._store.traced_turn(found.key, turn.no) for turn in reversed(turns)]
    return [turn for turn in told if turn is not None]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_what_was_had_is_played_again(script: Path) -> None:
    flow = next(WELCOME.glob("*.json"))
    text = script.read_text("utf-8")
    turns = run(had(flow, parse(text)))
    assert begins(turns[0])
    again = parse(written(recorded(turns)))
    cues, till = Cues(), Till()
    played = run(play(flow_bot([read(flow.read_bytes(), version=1)], cues, till), again, cues=cues, till=till))
    assert not played.problems
    assert difference(again, played.script) == []
