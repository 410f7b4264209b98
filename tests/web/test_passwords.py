"""How many passwords wait to be compared."""

import asyncio
import threading

import pytest

from turnkeeper.web.api.passwords import MOST_WAITING, Passwords
from turnkeeper.web.api.refusals import Refusal


class Slow:
    """Hashing that takes until it may go on."""

    def __init__(self) -> None:
        self.may_go_on = threading.Event()

    def hash(self, password: str) -> str:
        assert self.may_go_on.wait(30)
        return f"hash of {password}"

    def verify(self, hash: str, password: str) -> bool:  # noqa: A002 - argon2's name
        return hash == f"hash of {password}"

    def check_needs_rehash(self, hash: str) -> bool:  # noqa: A002
        return not hash


async def test_few_wait_and_the_others_are_told_to_come_again() -> None:
    slow = Slow()
    passwords = Passwords(slow, at_once=1)
    asked = [asyncio.create_task(passwords.hashed(str(each))) for each in range(MOST_WAITING + 1)]
    given_up = asked.pop()
    await asyncio.sleep(0)
    try:
        with pytest.raises(Refusal) as refused:
            await asyncio.wait_for(passwords.fits("right", "hash of right"), 10)
        assert refused.value.status == 429
        given_up.cancel()  # whoever goes away makes room
        await asyncio.wait([given_up])
        last = asyncio.create_task(passwords.fits("right", "hash of right"))
        await asyncio.sleep(0)
        with pytest.raises(Refusal):
            await asyncio.wait_for(passwords.hashed("one more"), 10)
    finally:
        slow.may_go_on.set()
    assert await asyncio.gather(*asked) == [f"hash of {each}" for each in range(MOST_WAITING)]
    assert await last
    assert await passwords.fits("wrong", "hash of right") is False
