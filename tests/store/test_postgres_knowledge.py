"""The index of words: its statements read it, and nothing else, whatever was in the tables when they were planned."""

import json
from typing import Any

import pytest

from tests.store.postgres_machines import machines, session
from turnkeeper.store.postgres import knowledge as sql
from turnkeeper.store.postgres.connecting import SETTINGS

FILL = """insert into passage select 'w', 'b', i, 'k' || i, 't', 1, '', null, 'x', 'x', 0, 1, null, null,
  array_to_tsvector(array['a' || i % 50, 'b' || i]) from generate_series(1, {n}) i"""


def indexes(plan: dict[str, Any]) -> list[tuple[str, str]]:
    found = [(plan["Node Type"], plan["Index Name"])] if "Index Name" in plan else []
    return found + [each for child in plan.get("Plans", []) for each in indexes(child)]


@pytest.mark.parametrize("size", [0, 5, 2000])
async def test_words_are_looked_for_in_their_index(size: int, migrated_database: str) -> None:
    async with machines(migrated_database), session(migrated_database) as behind:
        for name, value in SETTINGS.items():
            await behind.execute(f"set {name} = '{value}'")
        await behind.execute(FILL.format(n=size))
        if size:
            await behind.execute("vacuum analyze passage")
        for statement, arguments in (
            (sql._HOLD, "'w', 'b', '''a1'' & ''b1''', 10"),
            (sql._EACH_HOLDS, "'w', 'b', array['''a1''', '''b1'''], 10"),
        ):
            async with behind.transaction():
                await behind.execute(sql._BITMAPS)
                await behind.execute(f"prepare it as {statement}")
                (plan,) = json.loads(await behind.fetchval(f"explain (format json) execute it({arguments})"))
                await behind.execute("deallocate it")
            assert indexes(plan["Plan"]) == [("Bitmap Index Scan", "passage_words")], plan
