"""Taking what need not be told again: one item that the store refuses for good must not hold up the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import structlog

from turnkeeper.model.errors import StoreError
from turnkeeper.store.base import Intake, Taken
from turnkeeper.store.spool import merged, refused, single

_log = structlog.get_logger("turnkeeper.taking")


class Taking(Protocol):
    """What is needed of the store."""

    async def take(self, intake: Intake) -> Taken:
        """Put a webhook's events into their mailboxes; raises StoreUnavailable."""


async def taken_all(store: Taking, intakes: Sequence[Intake]) -> Taken:
    """Take them together, and where that fails, one by one; raises StoreError only."""
    try:
        return await store.take(merged(intakes))
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - whose fault it is shows when each is taken alone
        _log.warning("events are taken one by one", error=type(error).__name__)
    taken = [await _alone(store, part) for intake in intakes for part in single(intake)]
    return Taken(
        sum(each.accepted for each in taken),
        sum(each.duplicates for each in taken),
        [wake for each in taken for wake in each.wakes],
    )


async def _alone(store: Taking, part: Intake) -> Taken:
    try:
        return await store.take(part)
    except StoreError:
        raise
    except Exception as error:  # noqa: BLE001 - a fault of the item's own: it is kept where it is seen
        _log.error("an event failed to be taken", error=type(error).__name__)
        return await store.take(refused(part))
