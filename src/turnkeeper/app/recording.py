"""A conversation up to a turn as a script, to be kept as a test. A flow's is played first, in a process of its own.

What is kept is what the flow says today, so that `turnkeeper flow run FLOW SCRIPT --expect` passes on it; where that
differs from what was said, it is told.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from turnkeeper.engine.rehearsals import CannotRehearse
from turnkeeper.model.ids import BotId
from turnkeeper.model.rehearsed import WrittenScript
from turnkeeper.text.comparing import difference
from turnkeeper.text.recorded import begins, recorded
from turnkeeper.text.script_reading import parse
from turnkeeper.text.scripts import Note, written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from turnkeeper.app.drafts import Drafts
    from turnkeeper.model.traces import Rehearsal, TracedTurn
    from turnkeeper.store.base import Store

_MOST_TURNS: Final = 60
_WITHIN: Final = 60.0
"""Seconds that the script may take to be played."""


async def scripted(store: Store, drafts: Drafts, taken: Rehearsal) -> WrittenScript:
    """The script. Raises CannotRehearse, StoreError."""
    turns = await _turns(store, taken)
    conversation, no = turns[-1].conversation, turns[-1].whole.turn.no
    head = Note(f"{conversation.channel_id}, turn {no} of the conversation {conversation.id}")
    script = parse(written((head, *recorded(turns))))
    bot_id = BotId(turns[-1].whole.turn.bot_id)
    if drafts.kind(bot_id) != "flow":
        return WrittenScript(written(script), None, [], [])
    drawn = await drafts.documents(taken.workspace_id, bot_id)
    with TemporaryDirectory(prefix="turnkeeper-script-") as folder:
        return await _played(Path(folder), drawn, written(script))


async def _turns(store: Store, taken: Rehearsal) -> list[TracedTurn]:
    """Back to the one in which the person was in the middle of nothing."""
    found: list[TracedTurn] = []
    for turn in await store.turns_of(taken.key, taken.turn_no + 1, _MOST_TURNS):
        traced = await store.traced_turn(taken.key, turn.no)
        if traced is None:
            break
        found.append(traced)
        if begins(traced):
            break
    if not found:
        raise CannotRehearse("the turn has been forgotten since")
    return found[::-1]


class _Played(NamedTuple):
    status: int
    transcript: str
    problems: list[str]


async def _played(folder: Path, drawn: Sequence[bytes], text: str) -> WrittenScript:
    """First as it was, then what came of it once more, as the test that it will be."""
    files = [folder / f"{place}.json" for place in range(len(drawn))]
    for file, document in zip(files, drawn, strict=True):
        file.write_bytes(document)
    first = await _run(folder, files, text)
    if first.problems or not first.transcript:
        return WrittenScript(text, False, [], first.problems or ["the script could not be played"])
    again = await _run(folder, files, first.transcript)
    differs = difference(parse(text), parse(first.transcript))
    passes = again.status == 0 and again.transcript == first.transcript
    return WrittenScript(first.transcript, passes, differs, again.problems)


async def _run(folder: Path, files: Sequence[Path], text: str) -> _Played:
    """`turnkeeper flow run --expect`, whose clock is its own."""
    script = folder / "turn.script"
    script.write_text(text, "utf-8")
    others = [part for file in files[1:] for part in ("--with", str(file))]
    command = ["-m", "turnkeeper", "flow", "run", str(files[0]), str(script), "--expect", "--json", *others]
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe, cwd=folder, env=_bare()
    )
    try:
        async with asyncio.timeout(_WITHIN):
            out, errors = await child.communicate()
    finally:
        with suppress(ProcessLookupError):
            child.kill()
    try:
        (told,) = msgspec.json.decode(out)
    except (msgspec.DecodeError, ValueError):
        said = errors.decode("utf-8", "replace").replace(str(folder), "").strip()
        return _Played(child.returncode or 1, "", [said[-2_000:] or "the script could not be played"])
    lines: list[str] = told["transcript"]
    return _Played(child.returncode or 0, "".join(f"{line}\n" for line in lines), list(told["problems"]))


def _bare() -> dict[str, Any]:
    """The environment without the supervisor's descriptors, and without secrets."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "TMPDIR", "SYSTEMROOT", "VIRTUAL_ENV")
    return {name: os.environ[name] for name in kept if name in os.environ}
