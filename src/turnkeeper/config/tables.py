"""One table after the other of what a file says: `env:` and `file:` resolved, every problem collected."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from turnkeeper.config.errors import SecretMissing, nearest, worded
from turnkeeper.model.errors import ConfigurationError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")
Table = TypeVar("Table", bound=BaseModel)


class Tables:
    """The tables of one file, read with its environment; `errors`: what is wrong with them so far."""

    def __init__(self, path: Path, environ: Mapping[str, str], *, secrets: bool) -> None:
        self.path = path
        self.secrets = secrets
        self.environ = environ
        self.errors: list[ConfigurationError] = []
        self.elsewhere = False
        """What is read concerns another environment, whose secrets need not be here."""
        self.literal = False
        """What is read was not written by the operator: `env:` and `file:` stand for nothing in it."""

    @contextmanager
    def apart(self) -> Iterator[list[ConfigurationError]]:
        """Read something of a tenant's, whose errors are kept apart."""
        before, self.errors, self.literal = self.errors, [], True
        try:
            yield self.errors
        finally:
            self.errors, self.literal = before, False

    def wrong(self, key: str, problem: str, mend: str) -> None:
        """Note what is wrong with a key, and how to mend it."""
        self.errors.append(ConfigurationError(key, problem, mend))

    def missing(self, value: str, key: str, problem: str, mend: str) -> str:
        """What stands for a value that is not there: nothing that anyone could prove to know."""
        if self.elsewhere:
            return f"env:{token_hex(14)}"
        if self.secrets:
            self.errors.append(SecretMissing(key, problem, mend))
        return value

    def table(self, raw: object, at: str) -> dict[str, object]:
        """A table by its keys; an empty one for what is none, which is noted."""
        if isinstance(raw, dict):
            return raw
        self.wrong(at, "is not a table", f"Write it as [{at}] with keys below it.")
        return {}

    def section(self, model: type[Table], raw: object, at: str) -> Table | None:
        """A table as its keys have it; None for one that is wrong, which is noted."""
        table = self.table(raw, at)
        given = {key: self.resolved(value, f"{at}.{key}") for key, value in table.items()}
        try:
            return model.model_validate(given)
        except ValidationError as error:
            elsewhere = {key: value for key, value in table.items() if value != given[key]}
            for problem in error.errors(include_url=False):
                self.errors.append(worded(problem, model, at, elsewhere))
            return None

    def resolved(self, value: object, key: str) -> object:
        """What `env:NAME` and `file:/path` stand for, also in a table within the table (headers), and in a list."""
        if self.literal:
            return value
        if isinstance(value, dict):
            return {name: self.resolved(each, f"{key}.{name}") for name, each in value.items()}
        if isinstance(value, list):
            return [self.resolved(each, key) for each in value]
        if not isinstance(value, str):
            return value
        scheme, _, rest = value.partition(":")
        if scheme == "env":
            if rest in self.environ:
                return self.environ[rest]
            problem = f"the environment variable {rest} is not set"
            return self.missing(value, key, problem, f"Set {rest} before the start.")
        if scheme == "file":
            try:
                return (self.path.parent / rest).read_text("utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                why = getattr(error, "strerror", None) or "not text"
                problem = f"the file {rest} cannot be read ({why})"
                return self.missing(value, key, problem, "Put the value into that file.")
        return value

    def kind(self, kinds: Sequence[str], raw: Mapping[str, object], at: str) -> str | None:
        """The kind that a table says it is of; None where there is no such, which is noted."""
        kind = self.resolved(raw.get("kind"), f"{at}.kind")
        if kind is None:
            choices = " or ".join(f'"{each}"' for each in kinds)
            self.wrong(f"{at}.kind", "is missing", f"Add kind = {choices}.")
            return None
        if not isinstance(kind, str) or kind not in kinds:
            self.wrong(f"{at}.kind", f"{kind!r} is not a kind that there is", nearest(str(kind), kinds))
            return None
        return kind

    def named(self, name: str, at: str) -> None:
        """Note what cannot be a name."""
        if not _NAME.fullmatch(name):
            mend = "Use up to 63 letters, digits, hyphens and underscores, a letter or digit first."
            self.wrong(at, "is not a name", mend)

    def tables(
        self, raw: Mapping[str, object], section: str, kinds: Mapping[str, type[Table]]
    ) -> dict[str, Table | None]:
        """Every table of a section by its name, each of a kind; None for one that is wrong."""
        found: dict[str, Table | None] = {}
        for name, value in self.table(raw.get(section, {}), section).items():
            at = f"{section}.{name}"
            self.named(name, at)
            table = self.table(value, at)
            kind = self.kind(tuple(kinds), table, at)
            found[name] = self.section(kinds[kind], table, at) if kind else None
        return found

    def alike(self, raw: Mapping[str, object], section: str, model: type[Table]) -> dict[str, Table | None]:
        """Every table of a section by its name, all of one kind; None for one that is wrong."""
        found: dict[str, Table | None] = {}
        for name, value in self.table(raw.get(section, {}), section).items():
            at = f"{section}.{name}"
            self.named(name, at)
            found[name] = self.section(model, value, at)
        return found
