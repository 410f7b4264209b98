"""Whom an operator, or a system of the operator's, names on a channel."""

from turnkeeper import app
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.policy import Channel


def address_of(channel: Channel, to: str) -> str:
    """The address that an operator names: `kind:id` as it stands, else as the adapter reads it, else a phone number.

    Raises ConfigurationError for what names nobody.
    """
    if ":" in to:
        return to
    read = getattr(app.adapter(channel.kind), "address", None)
    if read is not None:
        named: str | None = read(to)
    else:
        digits = "".join(each for each in to if each not in " ()+-./")
        named = f"phone:{digits}" if digits.isascii() and digits.isdigit() and 7 <= len(digits) <= 15 else None
    if named is None:
        mend = "Write a phone number with its country's code, or the id that the provider knows the person by."
        raise ConfigurationError("ADDRESS", f"{to!r} names nobody on {channel.id}", mend)
    return named
