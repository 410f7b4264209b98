"""The settings of the API: who may use it, for which workspace, and for what."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from turnkeeper.channels.keys import Keys, is_elsewhere, wrong
from turnkeeper.config.errors import nearest
from turnkeeper.config.events import WORKSPACE, Proof
from turnkeeper.config.tables import Tables

SCOPES = ("flows", "read", "answer", "admin")


def read_scopes(value: object) -> object:
    """What a token is good for, each once."""
    if not isinstance(value, list | tuple) or not value:
        wrong(f"{value!r} is not a list of scopes", 'Write ["flows"].')
    for each in value:
        if each not in SCOPES:
            wrong(f"{each!r} is no scope", nearest(str(each), SCOPES))
    return tuple(dict.fromkeys(value))


class ApiTokenKeys(Keys):
    """A program of yours that uses the API under /api/v1."""

    token: Proof = Field(description="What it shows as its bearer token.", examples=['"env:EDITOR_TOKEN"'])
    workspace: str = Field(
        "default", pattern=WORKSPACE, description="The tenant whose things it sees and changes.", examples=['"default"']
    )
    scopes: Annotated[tuple[Literal["flows", "read", "answer", "admin"], ...], BeforeValidator(read_scopes)] = Field(
        description="What it may do: flows; read; answer, which reads too; admin, which does all.",
        examples=['["flows"]'],
    )


def read_api_tokens(
    reading: Tables, raw: Mapping[str, object], sources: Mapping[str, Any]
) -> dict[str, ApiTokenKeys | None]:
    """Every token by its name; None for one that is wrong. `sources`: event sources, whose tokens are others."""
    found = reading.alike(raw, "api_tokens", ApiTokenKeys)
    taken = {keys.token.get_secret_value(): f"event_sources.{name}" for name, keys in sources.items() if keys}
    for name, keys in found.items():
        at = f"api_tokens.{name}"
        token = "" if keys is None else keys.token.get_secret_value()
        if token and not is_elsewhere(token) and taken.setdefault(token, at) != at:
            reading.wrong(f"{at}.token", f"{taken[token]} has the same", "Give each its own.")
    return found
