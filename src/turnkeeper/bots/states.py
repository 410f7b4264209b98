"""A bot's state as a pydantic model: made from the session's JSON, checked when the turn commits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import msgspec
from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticSerializationError

from turnkeeper.model.errors import BotError

M = TypeVar("M", bound=BaseModel)
_SHOWN = 500
"""Characters of a state that are shown when it is set aside."""


class States(Generic[M]):
    """Makes and checks states of one model. Raises TypeError for a model that cannot begin empty.

    Fields are kept under their own names, whatever their aliases; computed fields are not kept.
    """

    def __init__(self, model: type[M]) -> None:
        self.model: type[M] = _model(model)
        try:
            model()
        except ValidationError as error:
            fields = ", ".join(str(problem["loc"][0]) for problem in error.errors() if problem["loc"])
            raise TypeError(f"{model.__name__}: a session begins with no state: give {fields} a default") from error

    def first(self) -> dict[str, Any]:
        """What is kept of a state in which nothing was changed."""
        return self.left(self.model(), None)

    def made(self, kept: Mapping[str, Any]) -> tuple[M, str | None]:
        """The session's state; one that the model does not take is set aside, and words for the trace say so."""
        if not kept:
            return self.model(), None
        stored = msgspec.json.encode(kept)
        try:
            return self._read(stored), None
        except ValidationError as error:
            shown = stored.decode()[:_SHOWN]
            return self.model(), f"session set aside, its state is no {self.model.__name__} ({_words(error)}): {shown}"

    def left(self, state: object, stage: str | None) -> dict[str, Any]:
        """What is kept of the state. Raises BotError, with the stage and the fields, where it could not be read."""
        who = f"stage {stage!r}" if stage is not None else "a handler"
        try:
            stored = msgspec.json.encode(self._plain(state))
            self._read(stored)
        except ValidationError as error:
            raise BotError(f"{who} left a state that is no {self.model.__name__}: {_words(error)}") from error
        except (PydanticSerializationError, TypeError, ValueError, RecursionError, msgspec.MsgspecError) as error:
            raise BotError(f"{who} left a state that cannot be kept as JSON: {error}") from error
        kept: dict[str, Any] = msgspec.json.decode(stored)
        return kept

    def _plain(self, state: object) -> object:
        if isinstance(state, BaseModel):
            return state.model_dump(mode="json", round_trip=True, by_alias=False, warnings=False)
        return state

    def _read(self, stored: bytes) -> M:
        return self.model.model_validate_json(stored, by_alias=False, by_name=True)


def _model(given: Any) -> Any:
    if not isinstance(given, type) or not issubclass(given, BaseModel):
        raise TypeError(f"state={given!r}: write a pydantic model, class State(BaseModel): …")
    return given


def _words(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or 'the state'}: {problem['msg']}, not {problem['input']!r:.80}"
        for problem in error.errors(include_url=False, include_context=False)
    )
