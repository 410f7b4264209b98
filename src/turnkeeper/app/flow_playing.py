"""Scripts of files, played with flows of files: what `turnkeeper flow run` shows. No network, no configuration."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from turnkeeper.app.flow_files import NoFile
from turnkeeper.testing.cues import Cues
from turnkeeper.testing.flows import flow_bot
from turnkeeper.testing.payments import Till
from turnkeeper.testing.playing import Played, play
from turnkeeper.testing.virtual_time import run
from turnkeeper.text.comparing import difference
from turnkeeper.text.script_reading import LARGEST, ScriptUnreadable, parse
from turnkeeper.text.scripts import Script, written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from turnkeeper.flows.model import Flow


@dataclass(frozen=True, slots=True)
class Outcome:
    """A script that was played. `differs`: lines to read, none where it went as it says."""

    file: Path
    played: Played
    differs: Sequence[str]

    @property
    def transcript(self) -> str:
        """As a script."""
        return written(self.played.script)

    def as_words(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "script": str(self.file),
            "transcript": self.transcript.splitlines(),
            "problems": list(self.played.problems),
            "difference": list(self.differs),
        }


def outcome(flows: Sequence[Flow], file: Path, *, trace: bool = False) -> Outcome:
    """Play one script, from the beginning. Raises NoFile for one that cannot be read."""
    script = script_of(file)
    cues, till = Cues(), Till()
    bot = flow_bot(flows, cues, till)
    with without_log():
        played = run(play(bot, script, cues=cues, till=till, files=file.parent, trace=trace))
    return Outcome(file, played, difference(script, played.script))


def script_of(file: Path) -> Script:
    """A script from its file. Raises NoFile, with all that is wrong in it."""
    try:
        with file.open(encoding="utf-8", newline="") as source:
            return parse(source.read(LARGEST + 1))
    except OSError as error:
        raise NoFile(f"{file}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise NoFile(f"{file}: it is not text in UTF-8") from None
    except ScriptUnreadable as error:
        raise NoFile("\n".join(f"{file}:{wrong.line}: {wrong.what}" for wrong in error.wrongs)) from None


@contextmanager
def without_log() -> Iterator[None]:
    """What the engine would log is in the transcript, or of no use to an author."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)
