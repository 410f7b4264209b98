"""Sealing every secret of the console anew, under the newest key."""

from __future__ import annotations

import os
from dataclasses import dataclass
from secrets import token_hex
from typing import TYPE_CHECKING

from turnkeeper.app.configuration import VARIABLE, key_file, sealing, sealing_of
from turnkeeper.app.database import existing
from turnkeeper.config.sealing import NotOpened, Sealing
from turnkeeper.config.stored import sealed_anew
from turnkeeper.model.errors import ConfigurationError

if TYPE_CHECKING:
    from turnkeeper.config import Settings

_ROUNDS = 5
"""How often it is looked whether somebody sealed something with the old key meanwhile."""


@dataclass(frozen=True, slots=True)
class Rotated:
    """What was done: the key that seals from now on, how many documents were sealed anew, and which could not be."""

    key_id: str
    sealed: int
    closed: tuple[str, ...]


def new_key(settings: Settings) -> Sealing:
    """Put a new key before the others in the key's file. Raises ConfigurationError where the key is in the environment,
    which only the operator can change."""
    if os.environ.get(VARIABLE, "").strip():
        mend = f'Start everything with the new key before the old one ({VARIABLE}="NEW OLD"), then add --reseal.'
        raise ConfigurationError(VARIABLE, "holds the key, and cannot be changed from here", mend)
    sealing_of(settings)
    path = key_file(settings)
    ahead = path.with_name(f".{path.name}.{token_hex(4)}")
    try:
        old = path.read_text("utf-8").split()
        descriptor = os.open(ahead, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("\n".join([token_hex(32), *old]) + "\n")
            file.flush()
            os.fsync(file.fileno())
        ahead.replace(path)
    except OSError as error:
        problem = f"{path} cannot be written ({error.strerror})"
        raise ConfigurationError("server.secret_key_file", problem, "Let this user write there.") from None
    return sealing_of(settings)


async def reseal(settings: Settings) -> Rotated:
    """Seal everything anew that an older key sealed. Raises ConfigurationError, StoreError."""
    seal = sealing(settings)
    if seal is None:
        raise ConfigurationError("server.secret_key_file", "there is no key yet", "Nothing is sealed: nothing to do.")
    done, closed = 0, set[str]()
    async with existing(settings) as store:
        for _ in range(_ROUNDS):
            found = 0
            for row in await store.all_configured_versions():
                try:
                    document = sealed_anew(row, seal)
                except (NotOpened, ValueError):
                    closed.add(f"{row.kind} {row.name} (revision {row.revision})")
                    continue
                if document is not None:
                    found += await store.reseal_configured(row, document)
            done += found
            if not found:
                break
    return Rotated(seal.key_id, done, tuple(sorted(closed)))
