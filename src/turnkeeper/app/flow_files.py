"""Flows as files, for those who draw them: read, checked, written; no configuration is needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from turnkeeper.flows.checking import check
from turnkeeper.flows.model import Flow
from turnkeeper.flows.problems import Checking, Problem
from turnkeeper.flows.reading import LARGEST, FlowUnreadable, read
from turnkeeper.model.errors import TurnkeeperError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from turnkeeper.flows.original import Converted

TEXT_LIMIT: Final = 4096
BUTTON_LIMIT: Final = 20
PART_LIMITS: Final = {"row": 24, "description": 72, "header": 60, "footer": 60, "button": 20, "section": 24}
"""What WhatsApp holds of a message, of a button's title, and of what is around: the shortest of the channels."""


class NoFile(TurnkeeperError):
    """A file that cannot be read or written; the text says which, and why."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A file, and what is wrong in it; `flow` None: it could not be read."""

    file: Path
    flow: Flow | None
    problems: Sequence[Problem]

    @property
    def errors(self) -> int:
        """Problems that keep it from being published."""
        return sum(problem.level == "error" for problem in self.problems)

    def as_words(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "file": str(self.file),
            "flow": None if self.flow is None else self.flow.name,
            "nodes": 0 if self.flow is None else len(self.flow.nodes),
            "ok": not self.errors,
            "problems": [
                {"where": each.where, "problem": each.what, "mend": each.mend, "level": each.level}
                for each in self.problems
            ],
        }


def told(problem: Problem) -> str:
    """A problem in one line: where, what, and the mend."""
    where = f"{problem.where}: " if problem.where else ""
    end = "" if problem.what.endswith((".", "!", "?")) else "."
    return f"{where}{problem.what}{end} {problem.mend}".rstrip()


def examined(files: Sequence[Path]) -> list[Checked]:
    """Every file checked; several together, so that a flow may call the others. Raises NoFile."""
    opened = [_opened(file) for file in files]
    flows = [each for each in opened if isinstance(each, Flow)]
    known = {flow.name for flow in flows} if len(files) > 1 else None
    around = Checking(known, text_limit=TEXT_LIMIT, button_limit=BUTTON_LIMIT, part_limits=PART_LIMITS)
    return [
        Checked(file, each, [*check(each, around), *([] if known else _away(each, {each.name}, "Name its file too."))])
        if isinstance(each, Flow)
        else Checked(file, None, each.problems)
        for file, each in zip(files, opened, strict=True)
    ]


def missing(flows: Sequence[Flow]) -> list[Problem]:
    """The flows that these go into, and that are not among them."""
    names = {flow.name for flow in flows}
    return [problem for flow in flows for problem in _away(flow, names, "Name its file too: --with FILE.")]


def _away(flow: Flow, names: set[str], mend: str) -> Iterator[Problem]:
    called = [(node.id, name) for node in flow.nodes.values() for name in node.data.calls()]
    for where, name in (*called, ("", flow.fallback.flow)):
        if name and name not in names:
            what = f"goes into the flow {name!r}, which was not looked at"
            yield Problem(where, what if where else f"the fallback {what}", mend, "warning")


def opened(file: Path) -> Flow:
    """The flow of a file. Raises NoFile, FlowUnreadable."""
    found = _opened(file)
    if isinstance(found, FlowUnreadable):
        raise found
    return found


def _opened(file: Path) -> Flow | FlowUnreadable:
    try:
        return read(contents(file))
    except FlowUnreadable as error:
        return error


def contents(file: Path) -> bytes:
    """The bytes of a file that somebody named, not more than a flow may have. Raises NoFile."""
    try:
        with file.open("rb") as source:
            return source.read(LARGEST + 1)
    except OSError as error:
        raise NoFile(f"{file}: {error.strerror}") from None


def converted(file: Path, *, name: str, provider: str, language: str, fallback: str | None) -> Converted:
    """A flow of the original as one of ours. Raises NoFile."""
    from turnkeeper.flows.original import SENTENCE, convert
    from turnkeeper.text.unmarked import whatsapp

    return convert(
        contents(file),
        markdown=whatsapp,
        name=name,
        provider=provider,
        language=language,
        fallback=SENTENCE if fallback is None else fallback,
    )


def written(document: dict[str, Any]) -> str:
    """A flow's document as the text of a file: a line for each node and edge, so that changes can be read."""
    import json

    lines: list[str] = []
    for key, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            items = ",\n".join(f"    {json.dumps(each, ensure_ascii=False)}" for each in value)
            lines.append(f"  {json.dumps(key)}: [\n{items}\n  ]")
        else:
            lines.append(f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"
