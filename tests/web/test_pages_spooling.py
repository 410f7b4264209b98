"""What the operator's pages say while webhooks wait on this machine."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.web.test_pages import Pages
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.web.ops import Ops


@dataclass
class Spool:
    """As the pages see it."""

    length: int = 0
    accepts: bool = True


CASES = [
    ("all is well", Spool(), False, 1, 200, "ok"),
    ("it was away", Spool(7), False, 1, 200, "ok, 7 in the spool"),
    ("it is away", Spool(7), True, 1, 200, "away, spooling 7"),
    ("it has just gone", Spool(), True, 1, 200, "away, spooling 0"),
    ("the spool is full", Spool(7, accepts=False), True, 1, 503, "no route"),
    ("no worker", Spool(7), False, 0, 503, "ok, 7 in the spool"),
    ("no spool", None, True, 1, 503, "no route"),
]


@pytest.mark.parametrize("label, spool, away, workers, status, store", CASES, ids=[row[0] for row in CASES])
async def test_ready(
    tmp_path: Path, label: str, spool: Spool | None, away: bool, workers: int, status: int, store: str
) -> None:
    pages = Pages(tmp_path)
    pages.store.workers = workers
    pages.store.error = StoreUnavailable("no route") if away else None
    ops = Ops(pages.store, pages.counters, lambda: pages.now, spool=spool)
    pages.app._ops = ops
    got, body, _ = await pages.get("/ready")
    told = json.loads(body)
    assert (got, told["store"], told["ready"]) == (status, store, status == 200)


async def test_metrics_tell_the_spools_length_where_there_is_one(tmp_path: Path) -> None:
    pages = Pages(tmp_path)
    assert b"turnkeeper_spool_webhooks" not in (await pages.get("/metrics"))[1]
    pages.app._ops = Ops(pages.store, pages.counters, lambda: pages.now, spool=Spool(7))
    assert b"turnkeeper_spool_webhooks 7.0" in (await pages.get("/metrics"))[1].splitlines()
