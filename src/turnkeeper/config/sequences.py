"""What a sequence may be told: its steps, when it stops, and the hours in which it is silent."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, NoReturn

import msgspec
from pydantic import BeforeValidator, Field

from turnkeeper.bots.sequencing import needed
from turnkeeper.channels.keys import DAY, Keys, read_duration, wrong
from turnkeeper.config.timing import Zone, read_hours
from turnkeeper.model.contents import Template
from turnkeeper.model.sequences import MessageSequence, QuietHours, SequenceStep
from turnkeeper.rules.quiet_hours import read
from turnkeeper.rules.templates import problems

_STEP = 'Write { after = "1d", text = "…" }, with `template` or `event` instead of `text` where that is wanted.'
_LONGEST = 3650 * DAY
_MOST = 100
_LONGEST_TEXT = 20_000


def read_own_hours(value: object) -> object:
    """Hours as `21:00-08:00`; `off` for none, "" for the bot's."""
    return value if value in ("", "off") else read_hours(value)


def read_steps(value: object) -> object:
    """A sequence's steps, in order."""
    if not isinstance(value, list | tuple) or not 0 < len(value) <= _MOST:
        wrong(f"is not a list of 1 to {_MOST} steps", _STEP)
    return tuple(_read_step(place, each) for place, each in enumerate(value))


def _read_step(place: int, value: object) -> SequenceStep:
    def refuse(problem: str, mend: str = _STEP) -> NoReturn:
        wrong(f"step {place + 1} {problem}", mend)

    if not isinstance(value, Mapping):
        refuse("is not a table")
    said = [name for name in ("text", "template", "event") if value.get(name)]
    unknown = sorted(set(value) - {"after", "text", "template", "event"})
    if unknown or len(said) != 1 or "after" not in value:
        refuse(f"has {unknown[0]!r}, which is no setting" if unknown else "needs `after`, and one thing to say")
    try:
        after = float(read_duration(value["after"]))
    except ValueError:
        after = -1.0
    if not 0 <= after < _LONGEST:
        refuse(f"comes after {value['after']!r}", 'Write "30m", "12h" or "3d".')
    for name in ("text", "event"):
        if not isinstance(value.get(name, ""), str) or len(value.get(name, "")) > _LONGEST_TEXT:
            refuse(f"has a `{name}` that is no text", f"Write up to {_LONGEST_TEXT:,} characters.")
    template = _read_template(value["template"], refuse) if "template" in value else None
    return SequenceStep(after, value.get("text"), template, value.get("event"))


def _read_template(value: object, refuse: Callable[[str, str], NoReturn]) -> Template:
    try:
        template = msgspec.convert(value, Template)
    except msgspec.ValidationError as error:
        refuse(f"has a template that is none: {error}", 'Write { name = "…", language = "en", body = ["{name}"] }.')
    for problem in problems(template):
        refuse(f"has a template that nobody could send: {problem}", "Look at the template.")
    return template


class SequenceKeys(Keys):
    """Messages that follow one another, days apart."""

    steps: Annotated[tuple[Any, ...], BeforeValidator(read_steps)] = Field(
        description="What is said, each `after` the one before: `text` in Markdown, a `template`, or an `event` for "
        "the bot. `{name}` stands for a value that is given at the start.",
        examples=['[{ after = "1d", text = "Hello {name}!" }, { after = "3d", event = "tips" }]'],
    )
    stop_on_reply: bool = Field(
        True, description="It ends when the contact writes; false: it goes on.", examples=["true"]
    )
    purpose: str = Field(
        "",
        pattern=r"^([a-z][a-z0-9_]{0,39})?$",
        description='What it is for, such as "marketing": it ends for whom has declined that; "" for none.',
        examples=['"marketing"'],
    )
    quiet_hours: Annotated[str, BeforeValidator(read_own_hours)] = Field(
        "",
        description='When nothing of it is said, by the contact\'s clock; "off": it is said at any hour. Without it, '
        "the bot's.",
        examples=['"21:00-08:00"'],
    )
    time_zone: Zone = Field(
        "",
        description="The time zone of contacts of whom none is known; without it, the bot's.",
        examples=['"Asia/Jakarta"'],
    )

    def sequence(self, name: str, bots: QuietHours) -> MessageSequence:
        """The sequence for a bot with these hours of quiet."""
        zone = self.time_zone or bots.time_zone
        start, end = read(self.quiet_hours) if self.quiet_hours not in ("", "off") else (bots.start, bots.end)
        quiet = None if self.quiet_hours == "off" else QuietHours(start, end, zone)
        return MessageSequence(name, self.steps, self.stop_on_reply, self.purpose, quiet, needed(self.steps))
