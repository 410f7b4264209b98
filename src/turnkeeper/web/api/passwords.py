"""Passwords by argon2, in threads: no more at once than there are cores, since each takes 64 MB for a moment. Few wait
for their turn: whoever comes when more do is told to come again, instead of waiting for longer and longer."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import Protocol, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from turnkeeper.web.api.refusals import Refusal

T = TypeVar("T")
MOST_WAITING = 32


class Hashing(Protocol):
    """What makes and compares hashes; argon2's own, or a cheap one for tests."""

    def hash(self, password: str) -> str:
        """A new hash."""

    def verify(self, hash: str, password: str) -> bool:  # noqa: A002 - argon2's name
        """Raises where it is another password."""

    def check_needs_rehash(self, hash: str) -> bool:  # noqa: A002
        """Whether it was made with weaker settings."""


class Passwords:
    """Hashes, and compares. A user who is not there takes as long as one whose password is wrong. Raises Refusal where
    too many wait already."""

    def __init__(self, hashing: Hashing | None = None, at_once: int | None = None) -> None:
        self._hashing = PasswordHasher() if hashing is None else hashing
        at_once = at_once or len(os.sched_getaffinity(0))
        self._turn = asyncio.Semaphore(at_once)
        self._room = at_once + MOST_WAITING
        self._nobodys: str | None = None

    async def hashed(self, password: str) -> str:
        """What is kept of a password."""
        return await self._in_turn(lambda: self._hashing.hash(_bytes(password)))

    async def fits(self, password: str, kept: str | None) -> bool:
        """Whether it is the password that was kept; `kept` is None where there is none."""
        nobodys = self._nobodys = self._nobodys or await self.hashed("nobody's password")
        return await self._in_turn(lambda: self._compared(password, kept or nobodys)) and kept is not None

    async def _in_turn(self, work: Callable[[], T]) -> T:
        if self._room == 0:
            raise Refusal(429, "too many are signing in at this moment: try again in a minute")
        self._room -= 1
        try:
            async with self._turn:
                return await asyncio.to_thread(work)
        finally:
            self._room += 1

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
