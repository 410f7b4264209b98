"""What the contact has agreed to be sent, as a bot sees and notes it."""

from __future__ import annotations

from collections.abc import Mapping

from turnkeeper.engine.answer import Records
from turnkeeper.model.consent import EVERYTHING
from turnkeeper.rules import consent


class Consents:
    """What the contact wants to be sent, by purpose, on whichever channel they were asked.

        if await turn.consents.given("marketing"): …
        turn.consents.give("marketing")
        turn.consents.withdraw("marketing")

    What is noted is seen at once by this turn, and kept when it commits.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._noted: dict[str, bool] = {}

    async def given(self, purpose: str) -> bool:
        """Whether they said yes to it, and have not taken it back since, nor written STOP."""
        return consent.is_given(await self._known(), _checked(purpose))

    async def refused(self, purpose: str = EVERYTHING) -> bool:
        """Whether they do not want it: nothing of that purpose, or nothing at all, is to be sent unasked."""
        return consent.is_refused(await self._known(), _checked(purpose))

    def give(self, purpose: str) -> None:
        """They said yes. Raises ValueError for a name that is none, and for `*`: only the contact undoes a STOP."""
        if _checked(purpose) == EVERYTHING:
            raise ValueError("only START undoes a STOP; name a purpose")
        self._noted[purpose] = True

    def withdraw(self, purpose: str = EVERYTHING) -> None:
        """They said no: to a purpose, or to whatever is not an answer. Raises ValueError for a name that is none."""
        self._noted[_checked(purpose)] = False

    @property
    def noted(self) -> Mapping[str, bool]:
        """What this turn leaves, for `Answer.consents`."""
        return dict(self._noted)

    async def _known(self) -> dict[str, bool]:
        records = await self._records.consents()
        return {**{record.purpose: record.granted for record in records}, **self._noted}


def _checked(purpose: str) -> str:
    if not consent.is_purpose(purpose):
        raise ValueError(f"{purpose!r} is not a purpose: small letters, digits and underscores, a letter first, or '*'")
    return purpose
