"""The [payments] tables, and the bots that are paid through them."""

from pathlib import Path

import pytest

from turnkeeper.config import ConfigurationErrors, Settings, load
from turnkeeper.config.payments import paid_through
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.ids import BotId
from turnkeeper.payments.config import RazorpayConfig, StripeConfig


def read(folder: Path, text: str, environ: dict[str, str] | None = None, *, secrets: bool = True) -> Settings:
    path = folder / "turnkeeper.toml"
    path.write_text(text, "utf-8")
    return load(path, environ or {}, secrets=secrets)


RAZORPAY = """
[payments.razorpay]
key_id = "env:KEY_ID"
key_secret = "hunter-key"
webhook_secret = "hunter-hook"
old_webhook_secret = "hunter-old-hook"
"""
STRIPE = """
[payments.euros]
kind = "stripe"
secret_key = "sk_test_hunter1"
webhook_secret = "whsec_hunter2"
success_url = "https://wa.me/919876543210"
"""
BOT = '\n[bots.b]\nkind = "python"\nentry = "my_bot:bot"\n'
ID = {"KEY_ID": "rzp_test_abc123"}


def test_both_kinds(tmp_path: Path) -> None:
    settings = read(tmp_path, RAZORPAY + STRIPE, ID)
    configs = {name: keys.config(name) for name, keys in settings.payments.items()}
    assert configs == {
        "razorpay": RazorpayConfig(
            kind="razorpay", name="razorpay", api_base="https://api.razorpay.com", webhook_secret="hunter-hook",
            old_webhook_secret="hunter-old-hook", key_id="rzp_test_abc123", key_secret="hunter-key",
        ),
        "euros": StripeConfig(
            kind="stripe", name="euros", api_base="https://api.stripe.com", webhook_secret="whsec_hunter2",
            secret_key="sk_test_hunter1", success_url="https://wa.me/919876543210",
        ),
    }  # fmt: skip
    assert {"hunter-key", "hunter-hook", "hunter-old-hook", "sk_test_hunter1", "whsec_hunter2"} <= settings.secrets
    assert "hunter" not in repr(settings.payments) + repr(configs)
    assert configs["razorpay"].webhook_secrets == ("hunter-hook", "hunter-old-hook")
    assert configs["euros"].webhook_secrets == ("whsec_hunter2",)


MODES = [("rzp_test_a1", False), ("rzp_live_a1", True)]


@pytest.mark.parametrize("key, live", MODES)
def test_the_key_says_the_mode(tmp_path: Path, key: str, live: bool) -> None:
    config = read(tmp_path, RAZORPAY, {"KEY_ID": key}).payments["razorpay"].config("razorpay")
    assert config.live is live


def test_both_modes_where_each_says_so(tmp_path: Path) -> None:
    text = RAZORPAY + 'mode = "live"' + STRIPE + 'mode = "test"'
    payments = read(tmp_path, text, {"KEY_ID": "rzp_live_a"}).payments
    assert [keys.config("x").live for keys in payments.values()] == [True, False]


def test_secrets_that_are_elsewhere(tmp_path: Path) -> None:
    text = RAZORPAY.replace('"hunter-key"', '"env:A"').replace('"hunter-hook"', '"env:B"')
    stripe = STRIPE.replace("sk_test_hunter1", "env:C").replace("whsec_hunter2", "env:D")
    assert set(read(tmp_path, text + stripe, secrets=False).payments) == {"razorpay", "euros"}


WRONG = [
    ("an unknown kind", '[payments.x]\nkind = "razorpai"', "payments.x.kind", 'Did you mean "razorpay"'),
    ("no kind", "[payments.x]", "payments.x.kind", 'Add kind = "razorpay" or "stripe"'),
    ("no key", "[payments.razorpay]\nkey_id = 'rzp_test_1'\nwebhook_secret = 'hunter-hook'",
     "payments.razorpay.key_secret", "is missing"),
    ("no webhook secret", "[payments.razorpay]\nkey_id = 'rzp_test_1'\nkey_secret = 'k'",
     "payments.razorpay.webhook_secret", "is missing"),
    ("another id", RAZORPAY.replace("env:KEY_ID", "acc_123"), "payments.razorpay.key_id", "not the id of a Razorpay"),
    ("one secret for both", RAZORPAY.replace("hunter-key", "hunter-hook"), "payments.razorpay", "are the same"),
    ("a secret to be guessed", RAZORPAY.replace("hunter-hook", "hook"), "payments.razorpay.webhook_secret", "shorter"),
    ("the publishable key", STRIPE.replace("sk_test", "pk_test"), "payments.euros.secret_key", "publishable"),
    ("another's key", STRIPE.replace("sk_test_", "sk-"), "payments.euros.secret_key", "not a Stripe key"),
    ("another secret", STRIPE.replace("whsec_", "we_"), "payments.euros.webhook_secret", "whsec_"),
    ("nowhere to go", STRIPE.replace('success_url = "https://wa.me/919876543210"', ""), "payments.euros.success_url",
     "is missing"),
    ("the other mode", RAZORPAY + 'mode = "live"', "payments.razorpay", "the key is a test one"),
    ("both modes", RAZORPAY + STRIPE.replace("sk_test", "sk_live"), "payments.razorpay.mode", 'Write mode = "test"'),
    ("both modes, one said", RAZORPAY + 'mode = "test"' + STRIPE.replace("sk_test", "rk_live"), "payments.euros.mode",
     'Write mode = "live"'),
    ("an unknown setting", STRIPE + 'succes_url = "x"', "payments.euros.succes_url", 'Did you mean "success_url"'),
    ("a channel at the same address", RAZORPAY + BOT + '[channels.payments]\nkind = "telegram"\nbot = "b"\n'
     'token = "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"\nupdates = "polling"', "channels.payments", "another name"),
    ("a bot's provider", RAZORPAY + BOT + 'payments = "razorpya"', "bots.b.payments", 'Did you mean "razorpay"'),
]  # fmt: skip


@pytest.mark.parametrize("label, text, key, said", WRONG, ids=[row[0] for row in WRONG])
def test_what_is_refused(tmp_path: Path, label: str, text: str, key: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path, text, ID)
    assert not isinstance(raised.value, ConfigurationErrors)
    assert raised.value.key == key
    assert said in str(raised.value)
    assert "hunter" not in str(raised.value)


THROUGH = [
    ("the only one", RAZORPAY + BOT, "razorpay"),
    ("the one that is named", RAZORPAY + STRIPE + BOT + 'payments = "euros"', "euros"),
    ("one of two", RAZORPAY + STRIPE + BOT, None),
    ("none", BOT, None),
]


@pytest.mark.parametrize("label, text, expected", THROUGH, ids=[row[0] for row in THROUGH])
def test_through_whom_a_bot_is_paid(tmp_path: Path, label: str, text: str, expected: str | None) -> None:
    settings = read(tmp_path, text, ID)
    assert paid_through(settings.bots[BotId("b")].keys, settings.payments) == expected
