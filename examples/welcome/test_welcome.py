"""The flow keeps what its scripts say; the pictures and pages about it are made of the same file."""

from pathlib import Path

import pytest

from turnkeeper.flows.checking import check
from turnkeeper.flows.reading import read
from turnkeeper.testing.cues import Cues
from turnkeeper.testing.flows import flow_bot
from turnkeeper.testing.playing import play
from turnkeeper.testing.virtual_time import run
from turnkeeper.text.comparing import difference
from turnkeeper.text.script_reading import parse

HERE = Path(__file__).parent
WELCOME = read((HERE / "welcome.json").read_bytes())


def test_nothing_is_wrong_in_it() -> None:
    assert check(WELCOME) == []


@pytest.mark.parametrize("name", sorted(file.name for file in HERE.glob("*.script")))
def test_it_goes_as_the_script_says(name: str) -> None:
    script = parse((HERE / name).read_text("utf-8"))
    cues = Cues()
    played = run(play(flow_bot([WELCOME], cues), script, cues=cues))
    assert played.problems == ()
    assert difference(script, played.script) == []
