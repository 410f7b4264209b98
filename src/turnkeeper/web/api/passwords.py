"""Passwords by argon2, in threads: no more at once than there are cores, since each takes 64 MB for a moment."""

from __future__ import annotations

import asyncio
import os
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError


class Hashing(Protocol):
    """What makes and compares hashes; argon2's own, or a cheap one for tests."""

    def hash(self, password: str) -> str:
        """A new hash."""

    def verify(self, hash: str, password: str) -> bool:  # noqa: A002 - argon2's name
        """Raises where it is another password."""

    def check_needs_rehash(self, hash: str) -> bool:  # noqa: A002
        """Whether it was made with weaker settings."""


class Passwords:
    """Hashes, and compares. A user who is not there takes as long as one whose password is wrong."""

    def __init__(self, hashing: Hashing | None = None, at_once: int | None = None) -> None:
        self._hashing = PasswordHasher() if hashing is None else hashing
        self._turn = asyncio.Semaphore(at_once or len(os.sched_getaffinity(0)))
        self._nobodys: str | None = None

    async def hashed(self, password: str) -> str:
        """What is kept of a password."""
        async with self._turn:
            return await asyncio.to_thread(self._hashing.hash, _bytes(password))

    async def fits(self, password: str, kept: str | None) -> bool:
        """Whether it is the password that was kept; `kept` is None where there is none."""
        if self._nobodys is None:
            self._nobodys = await self.hashed("nobody's password")
        async with self._turn:
            fits = await asyncio.to_thread(self._compared, password, kept or self._nobodys)
        return fits and kept is not None

    def _compared(self, password: str, kept: str) -> bool:
        try:
            return self._hashing.verify(kept, _bytes(password))
        except (Argon2Error, InvalidHashError):
            return False

    def is_outdated(self, kept: str) -> bool:
        """Whether a password that was just shown to be right should be hashed anew."""
        return self._hashing.check_needs_rehash(kept)


def _bytes(password: str) -> str:
    """A lone surrogate, which JSON can hold, is no text that could be hashed."""
    return password.encode("utf-8", "replace").decode()
