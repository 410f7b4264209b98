"""`turnkeeper.toml` and the environment become Settings, or errors that name the key and the mend.

Every problem of a file is reported at once. A value may be `env:NAME` or `file:/path`; a variable
`TURNKEEPER_SECTION__KEY` overrides the file. Secrets are held so that no repr shows them.
"""

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from turnkeeper.config.errors import ConfigurationErrors, SecretMissing, nearest
from turnkeeper.config.reading import Reading
from turnkeeper.config.settings import BotSettings, ConfiguredDirectory, Receiver, Settings
from turnkeeper.config.stored import Document
from turnkeeper.model.errors import ConfigurationError

__all__ = [
    "BotSettings",
    "ConfigurationErrors",
    "ConfiguredDirectory",
    "Receiver",
    "SecretMissing",
    "Settings",
    "load",
    "load_for",
    "loads",
    "nearest",
]

PREFIX = "TURNKEEPER_"


def load(
    path: Path,
    environ: Mapping[str, str] | None = None,
    *,
    secrets: bool = True,
    documents: Sequence[Document] = (),
) -> Settings:
    """Read a configuration file; raises ConfigurationError, or ConfigurationErrors if several.

    `documents`: what was made in the console; one that is wrong is left out, and stands in the settings' `problems`.

    Without `secrets`, values that are elsewhere and not there are left as they are written: enough
    to look at the database.
    """
    return loads(_text(path), path, environ, secrets=secrets, documents=documents)


def loads(
    text: str,
    path: Path,
    environ: Mapping[str, str] | None = None,
    *,
    secrets: bool = True,
    documents: Sequence[Document] = (),
) -> Settings:
    """Read what a configuration file says, or would say, at `path`; as `load`."""
    environ = os.environ if environ is None else environ
    reading = Reading(path.absolute(), environ, secrets=secrets)
    settings = reading.settings(_overlaid(_parsed(text, path), environ), documents)
    if reading.errors or settings is None:
        raise reading.errors[0] if len(reading.errors) == 1 else ConfigurationErrors(reading.errors)
    return settings


def load_for(path: Path, name: str, text: str | None = None, *, section: str = "channels") -> Settings:
    """As `load`, for whoever is concerned with one channel: the secrets of others need not be there.

    `text`: what the file would say. `section`: where the name is, if not a channel's; "" for all names there.
    """
    said = _text(path) if text is None else text
    try:
        return loads(said, path)
    except ConfigurationError as error:
        errors = error.errors if isinstance(error, ConfigurationErrors) else (error,)
    own = f"{section}.{name}." if name else f"{section}."
    wrong = [each for each in errors if not isinstance(each, SecretMissing) or each.key.startswith(own)]
    if wrong:
        raise wrong[0] if len(wrong) == 1 else ConfigurationErrors(wrong)
    return loads(said, path, secrets=False)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        mend = "Run `turnkeeper init` to write one, or name another with --config."
        raise ConfigurationError(str(path), "there is no such file", mend) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(str(path), f"cannot be read ({error})", "Mend the file.") from None


def _parsed(text: str, path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(str(path), f"is not TOML ({error})", "Mend that line.") from None


def _overlaid(raw: dict[str, object], environ: Mapping[str, str]) -> dict[str, object]:
    """The file with `TURNKEEPER_SECTION__KEY` and `TURNKEEPER_CHANNELS__NAME__KEY` laid over it."""
    for variable, value in sorted(environ.items()):
        if not variable.startswith(PREFIX) or "__" not in variable:
            continue
        *tables, key = variable.removeprefix(PREFIX).split("__")
        place = raw
        for table in tables:
            below = place.setdefault(_as_written(table, place), {})
            if not isinstance(below, dict):
                break
            place = below
        else:
            place[_as_written(key, place)] = value
    return raw


def _as_written(name: str, table: Mapping[str, object]) -> str:
    """Variables cannot hold small letters or hyphens everywhere: find the key that is meant."""
    plain = name.lower().replace("-", "_")
    return next((key for key in table if key.lower().replace("-", "_") == plain), name.lower())
