"""What the doctor says of payment providers, against the fakes."""

from pathlib import Path

import pytest

from turnkeeper.app.link import Link
from turnkeeper.app.payment_checkup import examine_payments
from turnkeeper.config import load
from turnkeeper.engine.http import Client
from turnkeeper.testing.fake_razorpay import FakeRazorpay, Fault
from turnkeeper.testing.fake_stripe import FakeStripe
from turnkeeper.testing.loopback import InProcess
from turnkeeper.testing.payment_desk import PaymentDesk

RAZORPAY = """
[payments.razorpay]
key_id = "rzp_{mode}_1"
key_secret = "{key}"
webhook_secret = "hunter-hook"
"""
STRIPE = """
[payments.euros]
kind = "stripe"
secret_key = "sk_{mode}_{key}"
webhook_secret = "whsec_hunter2"
success_url = "https://shop.test"
"""
SERVER = '[server]\npublic_url = "https://bot.example.com/"\n'


async def look(folder: Path, text: str, fake: PaymentDesk) -> list[Link]:
    path = folder / "turnkeeper.toml"
    path.write_text(text, "utf-8")
    client = Client(transport=InProcess(fake))
    try:
        return await examine_payments(load(path, {}), client)
    finally:
        await client.close()


TABLES = [("razorpay", RAZORPAY), ("euros", STRIPE)]


def fake_of(name: str, mode: str) -> PaymentDesk:
    return FakeRazorpay(f"rzp_{mode}_1", "good") if name == "razorpay" else FakeStripe(f"sk_{mode}_good")


@pytest.mark.parametrize("name, table", TABLES)
@pytest.mark.parametrize("mode, money", [("test", "no real money"), ("live", "live mode, real money")])
async def test_a_key_that_works(tmp_path: Path, name: str, table: str, mode: str, money: str) -> None:
    fake = fake_of(name, mode)
    key, webhook = await look(tmp_path, SERVER + table.format(mode=mode, key="good"), fake)
    assert (key.link, key.state) == (f"payments {name}", "ok")
    assert money in key.detail
    assert (webhook.link, webhook.state) == (f"payments {name} webhook", "ok")
    assert f"{mode} dashboard: https://bot.example.com/webhooks/payments/{name} for " in webhook.detail
    assert "hunter" not in repr(webhook)
    assert [call.method for call in fake.calls] == ["GET"]  # nothing is changed


@pytest.mark.parametrize("name, table", TABLES)
async def test_what_does_not_work(tmp_path: Path, name: str, table: str) -> None:
    fake = fake_of(name, "test")
    key, webhook = await look(tmp_path, table.format(mode="test", key="other"), fake)
    assert (key.state, webhook.state) == ("broken", "unknown")
    assert f"Check the key in payments.{name}" in key.mend
    assert "other" not in repr(key)
    fake.fail_next(Fault("reset"))
    key, _ = await look(tmp_path, table.format(mode="test", key="good"), fake)
    assert key.state == "broken"
    assert "does not answer" in key.detail


async def test_nothing_to_examine(tmp_path: Path) -> None:
    assert await look(tmp_path, "", FakeRazorpay()) == []
