"""A secret of this machine's own: made by whichever process needs it first, readable for nobody else."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from turnkeeper.model.errors import ConfigurationError


def made_once(path: Path, setting: str = "media.secret") -> bytes:
    """The secret in a file, made if there is none; `setting` gives another. Raises ConfigurationError."""
    try:
        return _read(path) or _made(path)
    except OSError as error:
        mend = f"Let this user write there, or set {setting}."
        raise ConfigurationError(setting, f"{path} cannot be used ({error.strerror})", mend) from None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes().strip()
    except FileNotFoundError:
        return b""


def _made(path: Path) -> bytes:
    """Written elsewhere and linked into place whole: of two processes at once the first one's counts."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, secrets.token_urlsafe(32).encode())
        os.fsync(descriptor)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.close(descriptor)
        draft.unlink()
    return _read(path)
