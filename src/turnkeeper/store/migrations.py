"""Numbered migrations: each applied once, in order, in its own transaction, and known by its checksum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

from turnkeeper.model.errors import StoreMismatch


@dataclass(frozen=True, slots=True)
class Migration:
    """One numbered file of SQL."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """What the file's text is known by."""
        return sha256(self.sql.encode()).hexdigest()


def migrations(package: str) -> list[Migration]:
    """The migrations that lie in a package's `migrations` folder, in order."""
    folder = files(package) / "migrations"
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return [Migration(entry.name[:-4], entry.read_text()) for entry in sorted(found, key=lambda entry: entry.name)]


def pending(known: list[Migration], applied: Mapping[str, str]) -> list[Migration]:
    """Those still to apply; raises StoreMismatch when one that was applied has another text now.

    Migrations that this program does not know are a newer release's: they keep the previous one working.
    """
    for migration in known:
        checksum = applied.get(migration.name, migration.checksum)
        if checksum != migration.checksum:
            raise StoreMismatch(f"migration {migration.name} was applied with another text than this program's")
    return [migration for migration in known if migration.name not in applied]
