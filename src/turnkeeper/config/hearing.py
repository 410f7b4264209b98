"""What any bot may be told of voice notes: who hears them, and what is said around them."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import BeforeValidator, Field

from turnkeeper.bots.manners import TEXT, UNHEARD, Manners
from turnkeeper.channels.keys import Seconds, wrong
from turnkeeper.config.errors import nearest
from turnkeeper.config.transcribers import VoiceKeys

_MANNERS = Manners()


def read_echo(value: object) -> object:
    """Words with `{text}` among them; "" for none."""
    if value and (not isinstance(value, str) or TEXT not in value):
        wrong(f"{value!r} does not say what was heard", 'Write "I heard: {text}", or "" for nothing.')
    return value


def read_unheard(value: object) -> object:
    """Sentences by the reasons for which they are said."""
    if not isinstance(value, Mapping):
        wrong(f"{value!r} is not a table", 'Write { silent = "I heard nothing. Please say it again." }.')
    for reason, said in value.items():
        if reason not in UNHEARD:
            wrong(f"{reason!r} is not a reason for which a note cannot be heard", nearest(str(reason), list(UNHEARD)))
        if not isinstance(said, str) or len(said) > 1000:
            wrong(f"what is said of {reason!r} is not a sentence", "Write up to 1,000 characters.")
    return value


class HearingKeys(VoiceKeys):
    """How any bot hears what is spoken, and what is said around it."""

    heard_echo: Annotated[str, BeforeValidator(read_echo)] = Field(
        _MANNERS.echo,
        max_length=1000,
        description='Said before the answer, `{text}` being what was heard; "" for nothing.',
        examples=['"I heard: {text}"'],
    )
    one_moment: str = Field(
        _MANNERS.one_moment,
        max_length=1000,
        description='Said once when listening to voice notes takes long; "" for nothing.',
        examples=['"Heard you, one moment."'],
    )
    one_moment_after: Seconds = Field(
        _MANNERS.one_moment_after,
        gt=0,
        description="How long after the turn began that is said, if it still listens.",
        examples=['"10s"'],
    )
    unheard_reply: Annotated[Mapping[str, str], BeforeValidator(read_unheard)] = Field(
        {},
        description="What is said of a voice note that cannot be heard, by the reason: "
        + ", ".join(f"`{reason}`" for reason in UNHEARD)
        + '; "" for nothing. There is a sentence for each.',
        examples=['{ silent = "I heard nothing. Please say it again." }'],
    )

    def manners(self) -> Manners:
        """What is said around voice notes."""
        return Manners(self.heard_echo, self.one_moment, self.one_moment_after, {**UNHEARD, **dict(self.unheard_reply)})
