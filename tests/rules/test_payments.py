"""A payment moves forward only, whatever comes twice, late, in another order or from somebody else."""

from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from turnkeeper.model.ids import ChannelId, ConversationId, WorkspaceId
from turnkeeper.model.payments import Money, PaymentFound, PaymentRow
from turnkeeper.rules.payments import _RANK, AFTER_EXPIRY, FIRST_LOOK, after, look_at, told_by

T0 = 1_800_000_000.0
PRICE = Money(150_000, "INR")
ROW = PaymentRow(
    WorkspaceId("default"), "tk-1", ConversationId("c1"), ChannelId("shop"), 1, "seat", "razorpay", False,
    *PRICE, "Dinner", "open", T0, T0, expires_at=T0 + 3600, look_at=T0 + 60, external_id="plink_1", url="https://p.test/1",
)  # fmt: skip


def found(news: str, **more: object) -> PaymentFound:
    return PaymentFound(**({"news": news, "live": False, "reference": "tk-1", "money": PRICE} | more))  # type: ignore[arg-type]


OPEN, PAID = found("open"), found("paid", charge_id="pay_1", at=T0 + 30)
FAILED_TRY = found("attempt_failed", charge_id="pay_0", reason="the bank said no")
EXPIRED, CANCELLED = found("expired"), found("cancelled")
HALF = found("part_refunded", charge_id="pay_1", refunded=50_000)
ALL = found("refunded", charge_id="pay_1", refunded=150_000)


def told(*heard: PaymentFound, row: PaymentRow = ROW) -> tuple[list[str], PaymentRow]:
    """The news that a conversation gets, each once, and the payment after all of it."""
    news: dict[str, str] = {}
    for each in heard:
        row, fresh, _ = after(row, each, T0 + 60)
        news |= {told_by(row, one, each): one for one in fresh}
    return list(news.values()), row


@pytest.mark.parametrize(
    ("label", "heard", "news", "state"),
    [
        ("paid", [PAID], ["paid"], "paid"),
        ("twice", [PAID, PAID], ["paid"], "paid"),
        ("opened late", [PAID, OPEN], ["paid"], "paid"),
        ("a try failed, then paid", [FAILED_TRY, PAID], ["attempt_failed", "paid"], "paid"),
        ("a try failed, told twice", [FAILED_TRY, FAILED_TRY], ["attempt_failed"], "open"),
        (
            "two tries failed",
            [FAILED_TRY, found("attempt_failed", charge_id="pay_2")],
            ["attempt_failed", "attempt_failed"],
            "open",
        ),
        ("a failed try is told late", [PAID, FAILED_TRY], ["paid"], "paid"),
        ("expired", [EXPIRED, EXPIRED], ["expired"], "expired"),
        ("expired, then paid: paid wins", [EXPIRED, PAID], ["expired", "paid"], "paid"),
        ("paid, then expired", [PAID, EXPIRED], ["paid"], "paid"),
        ("cancelled after its end", [EXPIRED, CANCELLED], ["expired"], "expired"),
        ("part of it paid back", [PAID, HALF], ["paid", "part_refunded"], "part_refunded"),
        ("the same part, told twice", [PAID, HALF, HALF], ["paid", "part_refunded"], "part_refunded"),
        (
            "another part",
            [PAID, HALF, found("part_refunded", refunded=90_000)],
            ["paid", "part_refunded", "part_refunded"],
            "part_refunded",
        ),
        ("an older part late", [PAID, found("part_refunded", refunded=90_000), HALF],
         ["paid", "part_refunded"], "part_refunded"),
        ("parts that come to all", [PAID, HALF, found("part_refunded", refunded=150_000)],
         ["paid", "part_refunded", "refunded"], "refunded"),
        ("part paid back before it was paid", [HALF, PAID], ["paid", "part_refunded"], "part_refunded"),
        ("all paid back before it was paid", [ALL, PAID], ["refunded"], "refunded"),
        ("a part, after all of it", [PAID, ALL, HALF], ["paid", "refunded"], "refunded"),
        ("another charge, paid back by itself", [PAID, found("refunded", charge_id="pay_0", refunded=150_000)],
         ["paid"], "paid"),
        ("a part of another charge", [PAID, HALF, found("part_refunded", charge_id="pay_0", refunded=90_000)],
         ["paid", "part_refunded"], "part_refunded"),
        ("another amount", [found("paid", money=Money(1, "INR"))], [], "open"),
        ("another currency", [found("paid", money=Money(150_000, "USD"))], [], "open"),
        ("the other mode", [found("paid", live=True)], [], "open"),
        ("no amount is told", [found("paid", money=None)], ["paid"], "paid"),
    ],
)  # fmt: skip
def test_what_is_told(label: str, heard: list[PaymentFound], news: list[str], state: str) -> None:
    assert (told(*heard)[0], told(*heard)[1].state) == (news, state), label


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (found("paid", money=Money(1, "INR")), "told of 1 INR, asked for 150000 INR"),
        (found("paid", live=True), "told of a live payment, asked for a test one"),
    ],
)
def test_what_does_not_fit_is_shown_and_counts_for_nothing(what: PaymentFound, why: str) -> None:
    row, news, misfit = after(ROW, what, T0 + 5)
    assert (row, news, misfit) == (replace(ROW, reason=why, changed_at=T0 + 5), (), why)
    assert after(row, what, T0 + 9).row is row
    assert told(PAID, row=row)[1].reason is None


def test_money_that_came_twice_is_shown() -> None:
    news, row = told(PAID, found("paid", charge_id="pay_9"))
    assert (news, row.reason) == (["paid"], "paid twice: also by pay_9")
    assert after(row, found("paid", charge_id="pay_9"), T0 + 60).misfit == "paid twice: also by pay_9", "it is logged"
    back = after(row, found("refunded", charge_id="pay_9", refunded=150_000), T0 + 90)
    assert (back.misfit, back.row.state, back.row.refunded) == (None, "paid", 0)
    assert back.row.reason == "paid twice: pay_9 was paid back, pay_1 counts"


def test_a_link_is_filled_in_and_a_refund_implies_that_it_was_paid() -> None:
    opening = replace(ROW, state="opening", external_id=None, url=None, expires_at=None)
    made = found("open", external_id="plink_1", url="https://p.test/1", expires_at=T0 + 900)
    row = after(opening, made, T0).row
    assert (row.state, row.external_id, row.url, row.look_at) == ("open", "plink_1", "https://p.test/1", T0 + 60)
    assert row.expires_at == T0 + 900
    row = after(row, ALL, T0 + 9).row
    assert (row.paid_at, row.charge_id, row.refunded, row.look_at) == (T0 + 9, "pay_1", 150_000, None)


def test_of_what_nobody_was_to_pay_only_money_is_told() -> None:
    void = replace(ROW, void_at=T0)
    assert told(CANCELLED, row=void)[0] == []
    assert told(CANCELLED, PAID, row=void)[0] == ["paid"]


def test_any_order_ends_alike() -> None:
    everything = [OPEN, PAID, FAILED_TRY, EXPIRED, HALF]
    ends = {(row.state, row.refunded, row.charge_id) for order in permutations(everything) for _, row in [told(*order)]}
    assert ends == {("part_refunded", 50_000, "pay_1")}


NEWS = ["open", "paid", "attempt_failed", "failed", "expired", "cancelled", "part_refunded", "refunded"]
FOUND = st.builds(
    found,
    st.sampled_from(NEWS),
    live=st.booleans(),
    money=st.sampled_from([None, PRICE, Money(1, "INR")]),
    refunded=st.none() | st.integers(0, 200_000),
    charge_id=st.sampled_from([None, "pay_1", "pay_2"]),
)


@given(st.lists(FOUND, max_size=8))
def test_it_never_moves_back_and_is_paid_only_by_what_fits(heard: list[PaymentFound]) -> None:
    row, news = ROW, []
    for each in heard:
        before = row
        row, fresh, misfit = after(row, each, T0 + 1)
        news += fresh
        assert _RANK[row.state] >= _RANK[before.state]
        assert row.refunded >= before.refunded
        assert misfit is None or not fresh
        assert not fresh or each.live is False
        assert (row.look_at is None) == row.is_settled
    assert news.count("paid") <= 1
    assert news.count("refunded") <= 1


class TestWhenToLook:
    def test_it_backs_off_comes_at_the_end_and_once_after(self) -> None:
        looks, now = [], T0
        while (at := look_at(ROW, now)) is not None:
            looks.append(at - T0)
            now = at
        assert looks[0] == FIRST_LOOK
        assert looks == sorted(looks)
        soon = [at for at in looks if at <= 3600.0 + AFTER_EXPIRY]
        assert soon[-2:] == [3601.0, 3600.0 + AFTER_EXPIRY]
        assert len(soon) <= 10
        seldom = [after - before for before, after in pairwise(looks[len(soon) - 1 :])]
        assert set(seldom) == {6 * 3600.0}
        assert 29 * 86_400 < looks[-1] < 31 * 86_400

    def test_a_look_that_came_late_is_made_up_for(self) -> None:
        assert look_at(ROW, T0 + 3590) == T0 + 3601
        assert look_at(ROW, T0 + 3700) == T0 + 3600 + AFTER_EXPIRY
        assert look_at(ROW, T0 + 9000) == T0 + 9000 + 6 * 3600
        assert look_at(ROW, T0 + 40 * 86_400) is None

    @pytest.mark.parametrize("state", ["paid", "expired", "cancelled", "failed", "part_refunded", "refunded"])
    def test_what_is_settled_is_not_looked_at(self, state: str) -> None:
        assert look_at(replace(ROW, state=state), T0) is None

    def test_a_link_without_an_end_is_looked_at_ever_less_and_not_for_ever(self) -> None:
        endless = replace(ROW, expires_at=None)
        assert look_at(endless, T0 + 86_400) == T0 + 86_400 + 6 * 3600
        assert look_at(endless, T0 + 200 * 86_400) is None
