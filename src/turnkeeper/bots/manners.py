"""What is said around voice notes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

TEXT: Final = "{text}"
ELSE: Final = "not_audio"
"""The reason whose sentence stands for those that have none."""
UNHEARD: Final[Mapping[str, str]] = {
    "silent": "I could not hear anything in that voice note. Please record it again, closer to your phone.",
    "no_words": "I heard no words in that voice note. Please say it again, or write it.",
    "empty": "That voice note came without any sound in it. Please send it again.",
    "not_audio": "I could not play that file. Please send it as a voice note, or write it.",
    "damaged": "That voice note was damaged on its way. Please record it again.",
    "too_long": "That voice note is longer than I can listen to. Please send it in shorter parts, or write it.",
    "too_large": "That sound file is larger than I can take. Please send it in shorter parts, or write it.",
    "language": "I do not know the language of that voice note. Please write it, or say it in another language.",
    "gone": "I could not fetch that voice note any more. Please send it again.",
}
"""What a person is told of a note that cannot be heard, by the reason."""


@dataclass(frozen=True, slots=True)
class Manners:
    """What is said around voice notes; "" for nothing.

    `echo`: before the answer, `{text}` being what was heard; `one_moment`: once in a turn that still listens after
    `one_moment_after` seconds; `unheard`: of a note that cannot be heard, by the reason.
    """

    echo: str = ""
    one_moment: str = "Heard you, one moment."
    one_moment_after: float = 10.0
    unheard: Mapping[str, str] = field(default_factory=lambda: UNHEARD)

    def sentence(self, reason: str) -> str:
        """What is said of a note that cannot be heard."""
        return self.unheard.get(reason, self.unheard.get(ELSE, UNHEARD[ELSE]))


PLAIN: Final = Manners()
