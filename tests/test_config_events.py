"""Who may tell events, and who is told ours: read whole or refused with the key and the mend."""

from pathlib import Path

import pytest

from tests.test_config import BOT
from turnkeeper.config import ConfigurationErrors, Settings, loads
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.ids import WorkspaceId

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


TOLD = (
    SOURCE
    + """
[mail]
host = "smtp.example.com"
sender = "Shop <shop@example.com>"
password = "env:SECRET"
[subscriptions.crm]
kind = "webhook"
url = "http://localhost:9000/told"
secret = "env:SECRET"
events = ["message.received", "payment.*"]
texts = true
[subscriptions.team]
kind = "email"
to = ["team@example.com", "Boss <boss@example.com>"]
events = "conversation.escalated"
"""
)


def test_who_is_told_is_found_by_workspace_and_event() -> None:
    settings = read(BOT + TOLD)
    directory = settings.directory()
    (crm,) = directory.wanting(WorkspaceId("default"), "payment.paid")
    assert (crm.name, crm.kind, crm.texts) == ("crm", "webhook", True)
    assert [each.name for each in directory.wanting(WorkspaceId("default"), "conversation.escalated")] == ["team"]
    assert directory.wanting(WorkspaceId("default"), "turn.failed") == ()
    assert directory.wanting(WorkspaceId("other"), "payment.paid") == ()
    assert settings.directory_here().wanting(WorkspaceId("default"), "payment.paid") == (crm,)
    assert "of-the-shop" not in repr(settings)


EMAIL = '"email"\nto = ["team@example.com", "Boss <boss@example.com>"]'
MISTOLD = [
    ("no such event", ("payment.*", "payments.*"), "subscriptions.crm.events"),
    ("no event", ('["message.received", "payment.*"]', "[]"), "subscriptions.crm.events"),
    ("no such kind", ('"webhook"', '"post"'), "subscriptions.crm.kind"),
    ("a short secret", ('secret = "env:SECRET"\nevents', 'secret = "short"\nevents'), "subscriptions.crm.secret"),
    ("not an address", ("http://localhost:9000/told", "localhost"), "subscriptions.crm.url"),
    ("nobody's e-mail", ('"team@example.com"', '"team"'), "subscriptions.team.to"),
    ("a line in a name", ("Boss <", "B\\nBcc: x <"), "subscriptions.team.to"),
    ("no server for e-mail", ("smtp.example.com", ""), "subscriptions.team"),
    ("nobody to write as", ("Shop <shop@example.com>", ""), "subscriptions.team"),
    ("no such channel", (EMAIL, '"chat"\nchannel = "x"\nto = "1"'), "subscriptions.team.channel"),
]


@pytest.mark.parametrize("label, change, key", MISTOLD, ids=[case[0] for case in MISTOLD])
def test_who_cannot_be_told_is_named(label: str, change: tuple[str, str], key: str) -> None:
    assert change[0] in TOLD
    with pytest.raises(ConfigurationError) as refused:
        read(BOT + TOLD.replace(*change))
    errors = refused.value.errors if isinstance(refused.value, ConfigurationErrors) else (refused.value,)
    assert [each.key for each in errors] == [key]
    assert "of-the-shop" not in str(refused.value)
