"""How values are written that no channel has: rates, sizes, databases. A wrong one is refused in words."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, SecretStr

from turnkeeper.channels.keys import DAY, read_duration, read_secret, wrong
from turnkeeper.model.events import READABLE_KINDS
from turnkeeper.model.policy import RateLimit

_WORDS = {"second": 1.0, "minute": 60.0, "hour": 3_600.0, "day": DAY}
_PORT = re.compile(r":([^\]:]*)$")
_SIZE = re.compile(r"(\d{1,9})\s*(kB|KB|MB|GB)?")
_BYTES = {None: 1, "kB": 1024, "KB": 1024, "MB": 1024**2, "GB": 1024**3}
_BUCKET = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?")
_SHORTEST_KEY = 16
_RATE = re.compile(r"(\d{1,6})\s*/\s*(\S+)")


def read_kinds(value: object) -> tuple[str, ...] | None:
    """The kinds of messages that are named, in a list or between commas; None for `all`."""
    if value is None or value == "all":
        return None
    named = value.split(",") if isinstance(value, str) else value
    known = ", ".join(sorted(READABLE_KINDS))
    if not isinstance(named, list | tuple) or not named:
        wrong(f"{value!r} names no kind of message", f'Write "all", or a list of: {known}.')
    kinds = tuple(each.strip() if isinstance(each, str) else each for each in named)
    for kind in kinds:
        if not isinstance(kind, str) or kind not in READABLE_KINDS:
            wrong(f"{kind!r} is not a kind of message", f'Write "all", or a list of: {known}.')
    return kinds


def read_rate(value: object) -> RateLimit | None:
    """`10/minute`, `30/90s`, or `off`."""
    if isinstance(value, RateLimit) or value is None or value == "off":
        return None if value == "off" else value  # type: ignore[return-value]
    found = _RATE.fullmatch(value.strip()) if isinstance(value, str) else None
    per = 0.0
    if found:
        per = _WORDS.get(found[2]) or (read_duration(found[2]) if found[2][0].isdigit() else 0.0)
    if found is None or not per or not int(found[1]):
        wrong(f"{value!r} is not a rate", 'Write "10/minute", "100/hour", or "off".')
    return RateLimit(int(found[1]), per)


def read_size(value: object) -> int:
    """Bytes, from a number or a number with a unit (1024 each)."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**50:
        return value
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        wrong(f"{value!r} is not a size", 'Write bytes (1048576) or "500kB", "100MB", "1GB".')
    return int(found[1]) * _BYTES[found[2]]


def read_place(value: object) -> object:
    """A folder, or `s3://bucket/prefix`."""
    if not isinstance(value, str) or not value.strip() or "\x00" in value:
        wrong("names no place", 'Write a folder ("media") or "s3://bucket/prefix".')
    if "://" in value and not _BUCKET.fullmatch(value):
        wrong(f"{value!r} is not a place for files", 'Write a folder ("media") or "s3://bucket/prefix".')
    return value


_EITHER = 'Write "sqlite:///turnkeeper.db" or "postgresql://user@host/name".'


def read_database(value: object) -> object:
    """`sqlite:///file` or `postgresql://…`. Never shows the address: it may hold a password."""
    if isinstance(value, SecretStr):
        return value
    if not isinstance(value, str):
        wrong("is not a text", _EITHER)
    if not value.startswith(("sqlite:///", "postgresql://")):
        scheme = value.partition("://")[0] if "://" in value else ""
        wrong(f'"{scheme}" is not a database that Turnkeeper knows' if scheme else "names no database", _EITHER)
    if value == "sqlite:///":
        wrong("names no file", 'Write "sqlite:///turnkeeper.db".')
    if value.startswith("postgresql://") and not _has_good_ports(value):
        mend = "Write a port from 1 to 65535, and `@`, `:`, `/`, `[` in a user or password as %40, %3A, %2F, %5B."
        wrong("has a port that is none", mend)
    return value


def _has_good_ports(url: str) -> bool:
    """Whether each host's port is one; an address may name several hosts."""
    try:
        hosts = urlsplit(url).netloc.rpartition("@")[2].split(",")
    except ValueError:
        return False
    ports = [found[1] for host in hosts if (found := _PORT.search(host)) and found[1]]
    return all(port.isascii() and port.isdigit() and 0 < int(port) < 65_536 for port in ports)


def read_dsn(value: object) -> object:
    """A Sentry project's address, which holds its key. Never shown."""
    if isinstance(value, str) and value:
        try:
            parts = urlsplit(value)
            good = parts.scheme in ("http", "https") and parts.hostname and parts.username and parts.path.strip("/")
        except ValueError:
            good = False
        if not good:
            wrong("is not the address of a Sentry project", "Copy the DSN from the project's settings.")
    return value


def read_signing_key(value: object) -> object:
    """A secret that nobody could find out by trying, from one link that it has signed."""
    if isinstance(value, str) and value and len(value) < _SHORTEST_KEY:
        mend = "Take a random one, such as `openssl rand -hex 32` gives."
        wrong(f"is shorter than {_SHORTEST_KEY} characters", mend)
    return read_secret(value)


Size = Annotated[int, BeforeValidator(read_size)]
Place = Annotated[str, BeforeValidator(read_place)]
SigningKey = Annotated[SecretStr, BeforeValidator(read_signing_key)]
