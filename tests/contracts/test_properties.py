"""Whatever happens in whatever order, the promise holds: every event ends in one state, in order, once."""

from typing import Any

import pytest

from tests.contracts import chaos
from tests.contracts.conftest import OpenWorld

SEEDS = {"sqlite-memory": 400, "sqlite-file": 12, "postgres": 12}
AT_ONCE = 4


@pytest.mark.parametrize("part", range(AT_ONCE))
async def test_any_sequence_of_operations_keeps_the_promise(world: OpenWorld, part: int, request: Any) -> None:
    kind = next(kind for kind in SEEDS if kind in request.node.callspec.id)
    for seed in range(part, SEEDS[kind], AT_ONCE):
        await chaos.tell(world, seed, length=70)
