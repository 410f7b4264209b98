"""Who may tell events, and who is told ours: read whole or refused with the key and the mend."""

from pathlib import Path

import pytest

from tests.test_config import BOT
from turnkeeper.config import ConfigurationErrors, Settings, loads
from turnkeeper.model.errors import ConfigurationError

SOURCE = """
[event_sources.orders]
token = "env:TOKEN"
secret = "env:SECRET"
"""
ENVIRON = {"TOKEN": "token-of-the-shop", "SECRET": "secret-of-the-shop"}


def read(text: str) -> Settings:
    return loads(text, Path("turnkeeper.toml"), ENVIRON)


def test_a_source_is_read_and_its_secrets_are_never_shown() -> None:
    settings = read(BOT + SOURCE)
    source = settings.event_sources["orders"]
    assert (source.token.get_secret_value(), source.workspace) == ("token-of-the-shop", "default")
    assert settings.secrets >= {"token-of-the-shop", "secret-of-the-shop"}
    assert "of-the-shop" not in repr(settings)


WRONG = [
    ("a short token", SOURCE.replace("env:TOKEN", "short"), "event_sources.orders.token"),
    ("a token with a space", SOURCE.replace("env:TOKEN", "a token of the shop"), "event_sources.orders.token"),
    ("a short secret", SOURCE.replace("env:SECRET", "short"), "event_sources.orders.secret"),
    ("no secret", SOURCE.replace('secret = "env:SECRET"', ""), "event_sources.orders.secret"),
    ("another's token", SOURCE + SOURCE.replace("orders", "others"), "event_sources.others.token"),
    ("a typo", SOURCE + "tokn = 1", "event_sources.orders.tokn"),
    ("a name that is none", SOURCE.replace("orders", '"a b"'), "event_sources.a b"),
    ("a workspace that is none", SOURCE + 'workspace = "a b"', "event_sources.orders.workspace"),
]


@pytest.mark.parametrize("label, text, key", WRONG, ids=[case[0] for case in WRONG])
def test_what_is_wrong_is_named(label: str, text: str, key: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(BOT + text)
    errors = refused.value.errors if isinstance(refused.value, ConfigurationErrors) else (refused.value,)
    assert [each.key for each in errors] == [key]
    assert "of-the-shop" not in str(refused.value)
