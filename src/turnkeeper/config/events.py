"""The settings of what comes from outside, and of our own events on their way out."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr

from turnkeeper.channels.keys import Keys, is_elsewhere, read_secret, read_token, wrong

_SHORTEST = 16
_MAKE = "Make one with `openssl rand -hex 32`."


def read_proof(value: object) -> object:
    """A token that nobody could find out by trying."""
    if isinstance(value, str) and len(value) < _SHORTEST and not is_elsewhere(value):
        wrong(f"is shorter than {_SHORTEST} characters", _MAKE)
    return read_token(value)


def read_sharing(value: object) -> object:
    """A secret that signs, which nobody could find out from what it has signed."""
    if isinstance(value, str) and len(value) < _SHORTEST and not is_elsewhere(value):
        wrong(f"is shorter than {_SHORTEST} characters", _MAKE)
    return read_secret(value)


Proof = Annotated[SecretStr, BeforeValidator(read_proof)]
Sharing = Annotated[SecretStr, BeforeValidator(read_sharing)]


class EventSourceKeys(Keys):
    """Another system of yours that tells of orders, shipments or anything else: `POST /api/v1/events`."""

    token: Proof = Field(description="What it shows as its bearer token.", examples=['"env:SHOP_EVENTS_TOKEN"'])
    secret: Sharing = Field(description="What it signs each request with.", examples=['"env:SHOP_EVENTS_SECRET"'])
    workspace: str = Field(
        "default",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$",
        description="The tenant whose channels it may tell events of.",
        examples=['"default"'],
    )


def same_tokens(sources: dict[str, EventSourceKeys | None]) -> list[tuple[str, str]]:
    """Of sources that have the token of another: their names, and the other's."""
    first: dict[str, str] = {}
    found: list[tuple[str, str]] = []
    for name, keys in sources.items():
        token = "" if keys is None else keys.token.get_secret_value()
        if token and not is_elsewhere(token) and first.setdefault(token, name) != name:
            found.append((name, first[token]))
    return found


def read_events(reading: Any, raw: dict[str, object]) -> dict[str, EventSourceKeys | None]:
    """Every source by its name; None for one that is wrong."""
    found: dict[str, EventSourceKeys | None] = {}
    for name, value in reading.table(raw.get("event_sources", {}), "event_sources").items():
        at = f"event_sources.{name}"
        reading.named(name, at)
        found[name] = reading.section(EventSourceKeys, value, at)
    for name, other in same_tokens(found):
        reading.wrong(f"event_sources.{name}.token", f"event_sources.{other} has the same", "Give each its own.")
    return found
