"""What becomes of a payment when a provider tells of it, and when the provider is asked next.

A payment only moves forward: opened, over without money, paid, paid back. What comes twice, late or in another order
changes nothing, and what does not fit what was asked for never counts as paid.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec.structs import replace

from turnkeeper.model.payments import PaymentFound, PaymentNews, PaymentRow

FIRST_LOOK = 60.0
"""Seconds after opening, when the provider is asked first."""
_LONGEST_WAIT = 6 * 3600.0
AFTER_EXPIRY = 300.0
"""Seconds after a link has expired, when the provider is asked again: a late payment is told by then."""
_SLOW_MONEY = 30 * 86_400.0
"""Seconds after its end for which a link that its provider still calls open is asked about, now and then: a bank
transfer takes days, and its webhook may be lost."""
_NEVER_EXPIRES = 190 * 86_400.0
"""Seconds after which a link without an end of its own is asked for no more: providers end theirs in six months."""
_GRACE = 1.0
"""Seconds after the end of a link: before, the provider would still call it open."""

_RANK = {
    "opening": 0,
    "open": 1,
    "failed": 2,
    "expired": 2,
    "cancelled": 2,
    "paid": 3,
    "part_refunded": 4,
    "refunded": 5,
}
_PAID = _RANK["paid"]


class After(NamedTuple):
    """A payment after something was found, and what its conversation is told of it, in order. `misfit`: what was found
    cannot be this payment."""

    row: PaymentRow
    news: tuple[PaymentNews, ...] = ()
    misfit: str | None = None


def after(row: PaymentRow, found: PaymentFound, now: float) -> After:
    """The payment as it stands now; the very same row where nothing has changed."""
    misfit = _misfit(row, found)
    if misfit is not None:
        return After(row if row.reason == misfit else replace(row, reason=misfit, changed_at=now), misfit=misfit)
    known = _filled(row, found)
    state = _state(known, found)
    if (other := _other_charge(known, found)) is not None:
        shown = replace(known, reason=other)
        return After(_changed(row, shown, now), misfit=other if found.news == "paid" else None)
    if found.news == "attempt_failed":
        # The link still works; each attempt is told once, by its own id (`told_by`).
        tried = _changed(row, replace(known, reason=found.reason or known.reason), now)
        return After(tried, () if known.is_settled else ("attempt_failed",))
    refunded = _refunded(known, found, state)
    if _RANK[state] <= _RANK[row.state] and refunded <= row.refunded:
        known = replace(known, charge_id=known.charge_id or found.charge_id) if found.news == "paid" else known
        return After(_changed(row, known, now))
    moved = replace(known, state=state, refunded=refunded, reason=found.reason or _still_so(known))
    if _RANK[state] >= _PAID:
        moved = replace(moved, paid_at=known.paid_at or found.at or now, charge_id=known.charge_id or found.charge_id)
    moved = replace(moved, look_at=None if moved.is_settled else row.look_at)
    return After(_changed(row, moved, now), _news(row, state))


def _misfit(row: PaymentRow, found: PaymentFound) -> str | None:
    """Why what was found cannot be this payment."""
    if found.live != row.live:
        told, asked = ("live", "test") if found.live else ("test", "live")
        return f"told of a {told} payment, asked for a {asked} one"
    if found.money is not None and found.money != row.money:
        told_money = f"{found.money.amount} {found.money.currency}"
        return f"told of {told_money}, asked for {row.amount} {row.currency}"
    return None


def _filled(row: PaymentRow, found: PaymentFound) -> PaymentRow:
    """With what was not known before of the link."""
    return replace(
        row,
        external_id=row.external_id or found.external_id,
        url=row.url or found.url,
        expires_at=row.expires_at or found.expires_at,
    )


def _state(row: PaymentRow, found: PaymentFound) -> str:
    if found.news == "attempt_failed":
        return row.state
    if found.news == "part_refunded" and found.refunded is not None and found.refunded >= row.amount:
        return "refunded"
    return found.news


def _refunded(row: PaymentRow, found: PaymentFound, state: str) -> int:
    """All that was paid back so far, which never becomes less."""
    told = {"refunded": row.amount, "part_refunded": found.refunded or 0}.get(state, 0)
    return max(row.refunded, told)


def _other_charge(row: PaymentRow, found: PaymentFound) -> str | None:
    """Money that came twice is for a person to pay back: it is shown, and nothing else. That it went back says nothing
    of the money that counts."""
    if _RANK[row.state] < _PAID or None in (found.charge_id, row.charge_id) or found.charge_id == row.charge_id:
        return None
    match found.news:
        case "paid":
            return f"paid twice: also by {found.charge_id}"
        case "part_refunded" | "refunded":
            return f"paid twice: {found.charge_id} was paid back, {row.charge_id} counts"
        case _:
            return None


def _still_so(row: PaymentRow) -> str | None:
    """A misfit and a failed attempt are history once the payment has moved."""
    return row.reason if row.reason and row.reason.startswith("paid twice") else None


def _changed(before: PaymentRow, row: PaymentRow, now: float) -> PaymentRow:
    return before if row == before else replace(row, changed_at=now)


def _news(before: PaymentRow, state: str) -> tuple[PaymentNews, ...]:
    """A part paid back tells, where nothing did before, that the rest was paid. Of what nobody was to pay any more
    only money is told."""
    match state:
        case "paid":
            return ("paid",)
        case "part_refunded":
            return ("part_refunded",) if _RANK[before.state] >= _PAID else ("paid", "part_refunded")
        case "refunded":
            return ("refunded",)
        case "failed" | "expired" | "cancelled" if before.void_at is None:
            return (state,)
        case _:
            return ()


def told_by(row: PaymentRow, news: PaymentNews, found: PaymentFound) -> str:
    """What makes a piece of news the same one when it is found again."""
    which = ""
    if news == "attempt_failed":
        which = f":{found.charge_id or found.event_id or ''}"
    elif news == "part_refunded":
        which = f":{row.refunded}"
    return f"payment:{row.id}:{news}{which}"


def look_at(row: PaymentRow, now: float) -> float | None:
    """When a provider that was heard just now is asked next; None: no more.

    First soon, then ever later, at the end of the link and soon after it; then seldom, as long as money may be on its
    way.
    """
    if row.is_settled:
        return None
    next_at = now + min(max(FIRST_LOOK, now - row.created_at), _LONGEST_WAIT)
    if row.expires_at is None:
        return next_at if now - row.created_at < _NEVER_EXPIRES else None
    for stop in (row.expires_at + _GRACE, row.expires_at + AFTER_EXPIRY):
        if now < stop:
            return min(next_at, stop)
    return now + _LONGEST_WAIT if now - row.expires_at < _SLOW_MONEY else None
