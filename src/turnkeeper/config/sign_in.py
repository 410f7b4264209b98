"""How people sign in beside passwords: an identity provider."""

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr

from turnkeeper.channels.keys import Address, Keys, wrong
from turnkeeper.config.errors import nearest
from turnkeeper.config.events import WORKSPACE
from turnkeeper.config.tables import Tables

_HERE = ("localhost", "127.0.0.1", "::1")


def read_issuer(value: object) -> object:
    """An https address; http on this machine alone."""
    if isinstance(value, str):
        parts = urlsplit(value)
        if parts.scheme != "https" and parts.hostname not in _HERE:
            wrong(f"{value!r} is not an https address", "Write the issuer as the provider tells it, with https.")
    return value


def read_domains(value: object) -> object:
    """Domains of e-mail addresses, in lower case."""
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) and "." in each for each in value):
        wrong(f"{value!r} is not a list of domains", 'Write ["example.com"].')
    return tuple(each.lower().removeprefix("@") for each in value)


class OidcKeys(Keys):
    """An identity provider (OpenID Connect) at which people sign in; needs the extra `oidc` and `server.public_url`."""

    issuer: Annotated[Address, BeforeValidator(read_issuer)] = Field(
        min_length=1,
        description="Its issuer, exactly as its discovery document names it.",
        examples=['"https://accounts.google.com"'],
    )
    client_id: str = Field(min_length=1, description="What it calls this server.", examples=['"env:OIDC_CLIENT_ID"'])
    client_secret: SecretStr = Field(
        min_length=1, description="The secret that it gave this server.", examples=['"env:OIDC_CLIENT_SECRET"']
    )
    name: str = Field("your company", max_length=60, description="What the button calls it.", examples=['"Google"'])
    domains: Annotated[tuple[str, ...], BeforeValidator(read_domains)] = Field(
        (),
        description="Whoever has an e-mail address there may come without an invitation.",
        examples=['["example.com"]'],
    )
    workspace: str = Field(
        "default", pattern=WORKSPACE, description="Where those become members.", examples=['"default"']
    )
    role: Literal["viewer", "agent", "admin"] = Field("agent", description="As what.", examples=['"agent"'])
    assume_verified: bool = Field(
        False,
        description="true: it lets nobody have an e-mail address that is not theirs, but does not say so in "
        "`email_verified` (a Microsoft Entra tenant of your own).",
        examples=["false"],
    )


def read_sign_in(reading: Tables, raw: Mapping[str, object], public_url: str) -> OidcKeys | None:
    """The identity provider; None where there is none, or it is wrong, which is noted."""
    table = reading.table(raw.get("sign_in", {}), "sign_in")
    for name in table:
        if name != "oidc":
            reading.wrong(f"sign_in.{name}", "is not a key", nearest(name, ["oidc"]))
    if "oidc" not in table:
        return None
    if not public_url:
        reading.wrong("sign_in.oidc", "needs an address to come back to", "Set server.public_url.")
    return reading.section(OidcKeys, table["oidc"], "sign_in.oidc")
