"""A configuration is read whole or refused whole, each problem with its key and its mend."""

from dataclasses import fields
from pathlib import Path

import pytest

from turnkeeper.config import (
    ConfigurationErrors,
    SecretMissing,
    Settings,
    load,
)
from turnkeeper.config.bots import AgentKeys, BotKeys, PythonKeys
from turnkeeper.config.reference import as_markdown
from turnkeeper.config.values import read_duration, read_rate
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.ids import BotId, ChannelId, WorkspaceId
from turnkeeper.model.policy import FallbackTemplate, OwnerWords, RateLimit, TurnPolicy

CHANNEL = """
[channels.shop]
kind = "whatsapp_cloud"
bot = "assistant"
phone_number_id = "1000000001"
waba_id = "2000000001"
access_token = "env:SHOP_TOKEN"
app_secret = "env:SHOP_SECRET"
verify_token = "file:verify.txt"
"""
BOT = """
[bots.assistant]
kind = "python"
entry = "my_bot:bot"
"""
WHOLE = (
    """
[server]
host = "127.0.0.1"
port = 8088
public_url = "https://bot.example.com"
[database]
url = "sqlite:///turnkeeper.db"
"""
    + CHANNEL
    + """
api_base = "https://graph.facebook.com"
api_version = "v25.0"
unknown_wait = "30s"
"""
    + BOT
    + """
quiet = 4.0
max_wait = 15.0
adaptive = true
gather = true
overlap = "interrupt"
rate_limit = "10/minute"
stale_after = "24h"
session_ttl = "24h"
reply_expires = "24h"
error_reply = "Something went wrong, please try again."
"""
)
ENVIRON = {"SHOP_TOKEN": "token-hush", "SHOP_SECRET": "secret-hush"}


def read(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    (folder / "turnkeeper.toml").write_text(text, "utf-8")
    (folder / "verify.txt").write_text("verify-hush\n", "utf-8")
    return load(folder / "turnkeeper.toml", ENVIRON if environ is None else environ)


def refused(folder: Path, text: str, environ: dict[str, str] | None = None) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as raised:
        read(folder, text, environ)
    return raised.value


def test_the_example_is_read_whole(tmp_path: Path) -> None:
    settings = read(tmp_path, WHOLE)
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8088)
    assert settings.server.public_url == "https://bot.example.com"
    assert settings.database_url == f"sqlite:///{tmp_path / 'turnkeeper.db'}"
    (receiver,) = settings.receivers
    channel = receiver.channel
    assert (channel.workspace_id, channel.id, channel.kind) == ("default", "shop", "whatsapp_cloud")
    assert channel.config.access_token == "token-hush"  # type: ignore[attr-defined]
    assert channel.config.verify_token == "verify-hush"  # type: ignore[attr-defined]
    assert (receiver.secret, receiver.account_ids) == ("secret-hush", ("1000000001", "2000000001"))
    assert (channel.sends.unknown_wait, channel.sends.window) == (30.0, 86_400.0)
    assert channel.sends.on_unknown == "wait_then_resend"
    bot = settings.bots[channel.bot_id]
    assert isinstance(bot.keys, PythonKeys)
    assert (bot.keys.entry, bot.turns) == ("my_bot:bot", TurnPolicy())
    assert settings.longest_turn == 300.0


def test_an_empty_file_is_a_server_without_channels(tmp_path: Path) -> None:
    settings = read(tmp_path, "")
    assert (settings.server.port, settings.workers.count, settings.channels) == (8088, 1, ())
    assert settings.retention.keep == 30 * 86_400.0


def test_the_directory_finds_channels_by_workspace_and_name(tmp_path: Path) -> None:
    directory = read(tmp_path, CHANNEL + 'workspace = "acme"\n' + BOT).directory()
    found = directory.channel(WorkspaceId("acme"), ChannelId("shop"))
    assert found is not None
    assert found.id == "shop"
    assert directory.channel(WorkspaceId("default"), ChannelId("shop")) is None


@pytest.mark.parametrize(
    "label, url, setting, spools",
    [
        ("PostgreSQL", "postgresql://u@h/n", "", True),
        ("PostgreSQL, spool", "postgresql://u@h/n", "spool", True),
        ("PostgreSQL, refuse", "postgresql://u@h/n", "refuse", False),
        ("SQLite", "sqlite:///turnkeeper.db", "", False),
        ("SQLite, spool", "sqlite:///turnkeeper.db", "spool", False),
    ],
)
def test_whether_webhooks_wait_beside_the_file(
    tmp_path: Path, label: str, url: str, setting: str, spools: bool
) -> None:
    text = f'[database]\nurl = "{url}"\n' + (f'[server]\nwhen_database_is_away = "{setting}"\n' if setting else "")
    settings = read(tmp_path, text)
    assert (settings.spools, settings.spool) == (spools, tmp_path / "turnkeeper.spool")


def test_secrets_are_in_no_repr(tmp_path: Path) -> None:
    text = WHOLE.replace("sqlite:///turnkeeper.db", "postgresql://u:db-hush@host/name")
    text = text.replace("[server]", '[server]\nsentry_dsn = "https://key-hush@sentry.example.com/7"', 1)
    settings = read(tmp_path, text)
    shown = f"{settings!r} {settings.channels} {settings.receivers}"
    assert "hush" not in shown
    assert settings.database_url == "postgresql://u:db-hush@host/name"
    dsn = {"key-hush", "https://key-hush@sentry.example.com/7"}
    assert settings.secrets == {"token-hush", "secret-hush", "verify-hush", "db-hush"} | dsn


BOT_KEYS = [
    ("seconds", "quiet = 2\n", "quiet", 2.0),
    ("milliseconds", 'quiet = "250ms"\n', "quiet", 0.25),
    ("a window of nothing", "quiet = 0\nmax_wait = 0\n", "quiet", 0.0),
    ("minutes", 'max_wait = "10m"\n', "max_wait", 600.0),
    ("days", 'session_ttl = "7d"\n', "session_ttl", 604_800.0),
    ("a number in quotes", 'turn_limit = "90"\n', "turn_limit", 90.0),
    ("no rate limit", 'rate_limit = "off"\n', "rate_limit", None),
    ("another rate", 'rate_limit = "3/90s"\n', "rate_limit", RateLimit(3, 90.0)),
    ("no template", 'fallback_template = "off"\n', "fallback_template", None),
    (
        "a template",
        'fallback_template = { name = "a", language = "en", body = ["Hi", "{text}"] }\n',
        "fallback_template",
        FallbackTemplate("a", "en", ("Hi", "{text}")),
    ),
    (
        "a template with names",
        'fallback_template = { name = "a", language = "en", named = { t = "{text}" } }\n',
        "fallback_template",
        FallbackTemplate("a", "en", (), (("t", "{text}"),)),
    ),
    ("retries", "turn_retries = 0\n", "turn_retries", 0),
    ("overlap", 'overlap = "drop"\n', "overlap", "drop"),
    ("gather", "gather = false\n", "gather", False),
    ("a notice", 'rate_notice = "slow"\n', "rate_notice", "slow"),
    ("another notice", 'stale_notice = "old"\n', "stale_notice", "old"),
    ("silence on errors", 'error_reply = ""\n', "error_reply", ""),
    ("what it reads", 'reads = ["text", "voice"]\n', "reads", ("text", "voice")),
    ("what it reads, in a row", 'reads = "text, voice"\n', "reads", ("text", "voice")),
    ("it reads all", 'reads = "all"\n', "reads", None),
    ("what nobody can read", 'unsupported_reply = ""\n', "unsupported_reply", ""),
    ("a farewell", 'farewell = "Bye."\n', "farewell", "Bye."),
    ("reactions", "reactions = true\n", "reactions", True),
    ("numbers of parts", "part_numbers = true\n", "part_numbers", True),
    ("what is said of a file", 'media_reply = "A PDF, please."\n', "media_reply", "A PDF, please."),
]


@pytest.mark.parametrize("label, text, key, value", BOT_KEYS, ids=[row[0] for row in BOT_KEYS])
def test_a_bots_keys(tmp_path: Path, label: str, text: str, key: str, value: object) -> None:
    settings = read(tmp_path, CHANNEL + BOT + text)
    assert getattr(settings.channels[0].turns, key) == value


def test_whatever_can_be_set_of_a_bot_is_in_its_policy() -> None:
    assert set(BotKeys.model_fields) - {field.name for field in fields(TurnPolicy)} == {"kind"}


def test_files_are_kept_beside_the_file_unless_said(tmp_path: Path) -> None:
    settings = read(tmp_path, CHANNEL + BOT)
    assert (settings.files, settings.in_bucket) == (tmp_path / "media", False)
    assert (settings.media.largest, settings.media.keep) == (100 * 1024 * 1024, 30 * 86_400.0)
    assert settings.keeps_files == 30 * 86_400.0
    elsewhere = read(tmp_path, '[media]\nurl = "../files"\n')
    assert elsewhere.files == tmp_path / "../files"
    bucket = read(tmp_path, '[media]\nurl = "s3://our-files/kept"\n')
    assert (bucket.files, bucket.in_bucket) == (tmp_path / "media", True)


def test_files_are_kept_at_least_until_what_carries_them_has_expired(tmp_path: Path) -> None:
    settings = read(tmp_path, CHANNEL + BOT + 'reply_expires = "3d"\n[media]\nkeep = "1d"\n')
    assert settings.keeps_files == 3 * 86_400.0


@pytest.mark.parametrize(("value", "expected"), [("2048", 2048), ('"500kB"', 512_000), ('"1 GB"', 2**30)])
def test_sizes(tmp_path: Path, value: str, expected: int) -> None:
    assert read(tmp_path, f"[media]\nlargest = {value}\n").media.largest == expected


def test_keys_of_files_are_in_no_repr(tmp_path: Path) -> None:
    text = '[media]\nsecret = "a-long-secret-m-hush"\naccess_key_id = "k-hush"\nsecret_access_key = "s-hush"\n'
    settings = read(tmp_path, text)
    assert "hush" not in repr(settings)
    assert {"a-long-secret-m-hush", "k-hush", "s-hush"} <= settings.secrets


OVERLAID = [
    ("a number", {"TURNKEEPER_SERVER__PORT": "9000"}, lambda s: s.server.port, 9000),
    (
        "a channel's key",
        {"TURNKEEPER_CHANNELS__SHOP__API_BASE": "http://127.0.0.1:9"},
        lambda s: s.channels[0].config.api_base,
        "http://127.0.0.1:9",
    ),
    (
        "a reference",
        {"TURNKEEPER_CHANNELS__SHOP__ACCESS_TOKEN": "env:OTHER", "OTHER": "other"},
        lambda s: s.channels[0].config.access_token,
        "other",
    ),
    ("a section", {"TURNKEEPER_WORKERS__COUNT": "3"}, lambda s: s.workers.count, 3),
    ("not a setting", {"TURNKEEPER_REQUIRE_ALL": "1"}, lambda s: s.server.port, 8088),
    (
        "a kind",
        {"TURNKEEPER_BOTS__ASSISTANT__KIND": "env:KIND", "KIND": "python"},
        lambda s: s.bots["assistant"].kind,
        "python",
    ),
    (
        "several hosts",
        {"TURNKEEPER_DATABASE__URL": "postgresql://u@[::1]:5432,h/n"},
        lambda s: s.database_url,
        "postgresql://u@[::1]:5432,h/n",
    ),
    ("a truth", {"TURNKEEPER_BOTS__ASSISTANT__GATHER": "false"}, lambda s: s.channels[0].turns.gather, False),
]  # fmt: skip


@pytest.mark.parametrize("label, environ, of, value", OVERLAID, ids=[row[0] for row in OVERLAID])
def test_the_environment_goes_over_the_file(
    tmp_path: Path, label: str, environ: dict[str, str], of: object, value: object
) -> None:
    assert of(read(tmp_path, WHOLE, ENVIRON | environ)) == value  # type: ignore[operator]


ECHOES = [("", None), ('echo_takes_over = "30m"\n', 1800.0), ('echo_takes_over = "off"\n', None)]


@pytest.mark.parametrize("text, seconds", ECHOES)
def test_whether_the_owners_phone_takes_over(tmp_path: Path, text: str, seconds: float | None) -> None:
    assert read(tmp_path, CHANNEL + text + BOT).channels[0].sends.echo_takes_over == seconds


PACES = [
    ("", 80.0, "accepted", 2.0),
    ('throughput = 20\nparts = "delivered"\nparts_wait = "3s"\n', 20.0, "delivered", 3.0),
]


@pytest.mark.parametrize("text, per_second, parts, wait", PACES)
def test_how_fast_a_channel_sends(tmp_path: Path, text: str, per_second: float, parts: str, wait: float) -> None:
    sends = read(tmp_path, CHANNEL + text + BOT).channels[0].sends
    assert (sends.per_second, sends.parts, sends.parts_wait) == (per_second, parts, wait)
    assert sends.pair == RateLimit(45, 270.0)


OWNER = """
groups = "mention"
owner_takes = " cmd"
owner_gives = "dmc"
owner_numbers = ["+60 12-345 6789", "chat:99"]
owner_signs = "!?#"
owner_nudge = "Teruskan"
tester_numbers = "+60123456789, 60199999999"
deleted_reply = "Sudah Delete Data Anda"
"""


def test_what_the_owner_may_type(tmp_path: Path) -> None:
    [shop] = read(tmp_path, CHANNEL + OWNER + BOT).channels
    numbers = frozenset({"phone:60123456789", "chat:99"})
    testers = frozenset({"phone:60123456789", "phone:60199999999"})
    words = OwnerWords("cmd", "dmc", numbers, "!?#", "Teruskan", testers, "DELETE", "Sudah Delete Data Anda")
    assert (shop.groups, shop.owner) == ("mention", words)
    [plain] = read(tmp_path, CHANNEL + BOT).channels
    assert (plain.groups, plain.owner.takes, plain.owner.numbers) == ("ignore", "", frozenset())


PHONE = """
[channels.phone]
kind = "waha"
bot = "assistant"
base_url = "http://localhost:3000"
api_key = "key-hush"
hmac_key = "hmac-hush"
"""


@pytest.mark.parametrize(
    "text, cap, pause",
    [("", None, 1.0), ("daily_cap = 1000", 1000, 1.0), ('daily_cap = "off"\nhuman_pause = 0', None, 0.0)],
)
def test_how_much_a_phone_sends(tmp_path: Path, text: str, cap: int | None, pause: float) -> None:
    [channel] = read(tmp_path, PHONE + text + BOT).channels
    assert (channel.sends.daily_cap, channel.sends.human_pause) == (cap, pause)


def test_another_token_is_known_by_its_digest(tmp_path: Path) -> None:
    def known_by(token: str) -> str:
        text = (CHANNEL + BOT).replace("access_token =", f'access_token = "{token}" #')
        return read(tmp_path, text).channels[0].credentials

    assert known_by("one") == known_by("one") != known_by("another")
    assert "another" not in known_by("another")


ENVIRONMENTS = [
    ("none at all", "", "", None),
    ("a server with a name", "production", "", None),
    ("the same", "production", "production", None),
    ("another", "staging", "production", "production"),
    ("a server without a name", "", "production", "production"),
]


@pytest.mark.parametrize("label, here, of_channel, elsewhere", ENVIRONMENTS, ids=[row[0] for row in ENVIRONMENTS])
def test_which_channels_are_for_another_environment(
    tmp_path: Path, label: str, here: str, of_channel: str, elsewhere: str | None
) -> None:
    environ = ENVIRON | {"TURNKEEPER_SERVER__ENVIRONMENT": here}
    settings = read(tmp_path, CHANNEL + f'environment = "{of_channel}"\n' + BOT, environ)
    (channel,) = settings.channels
    assert channel.elsewhere == elsewhere
    assert settings.directory().channel(channel.workspace_id, channel.id) is channel
    here_too = settings.directory_here().channel(channel.workspace_id, channel.id)
    assert here_too is (None if elsewhere else channel)


def test_another_environments_secrets_need_not_be_here(tmp_path: Path) -> None:
    text = CHANNEL + 'environment = "env:WHERE"\n' + BOT
    there = read(tmp_path, text, {"WHERE": "production"}).receivers[0]
    assert there.channel.elsewhere == "production"
    assert there.secret != read(tmp_path, text, {"WHERE": "production"}).receivers[0].secret
    assert len(there.secret) == 32
    here = refused(tmp_path, text, {"WHERE": ""})
    assert isinstance(here, ConfigurationErrors)
    assert [each.key for each in here.errors] == ["channels.shop.access_token", "channels.shop.app_secret"]


WRONG = [
    ("unknown key", WHOLE.replace("quiet =", "quit ="), "bots.assistant.quit", 'Did you mean "quiet"?'),
    ("unknown section", WHOLE + "[bot.x]\n", "bot", 'Did you mean "bots"?'),
    ("nothing like it", WHOLE + "[zebra]\n", "zebra", "Known: api_tokens, bots, channels, database"),
    ("missing", WHOLE.replace('waba_id = "2000000001"\n', ""),
     "channels.shop.waba_id", "Write for example waba_id = "),
    ("no kind", WHOLE.replace('kind = "python"\n', ""), "bots.assistant.kind", 'Add kind = "python"'),
    ("unknown kind", WHOLE.replace('"whatsapp_cloud"', '"whatsap_cloud"'),
     "channels.shop.kind", 'Did you mean "whatsapp_cloud"?'),
    ("unknown bot", WHOLE.replace('bot = "assistant"', 'bot = "asistant"'),
     "channels.shop.bot", 'Did you mean "assistant"?'),
    ("a size in words", WHOLE + '[media]\nlargest = "big"\n', "media.largest", '"100MB"'),
    ("no place for files", WHOLE + '[media]\nurl = ""\n', "media.url", '"s3://bucket/prefix"'),
    ("another place for files", WHOLE + '[media]\nurl = "ftp://host/files"\n', "media.url", '"s3://bucket/prefix"'),
    ("files kept for too short", WHOLE + '[media]\nkeep = "1h"\n', "media.keep", 'keep = "30d"'),
    ("a port too high", WHOLE.replace("8088", "80880"), "server.port", "Write for example port = 8088."),
    ("a port in words", WHOLE.replace("8088", '"http"'), "server.port", "Write for example port = 8088."),
    ("a pace beyond Meta's", WHOLE.replace('unknown_wait = "30s"', "throughput = 5000"),
     "channels.shop.throughput", "Write for example throughput = 80."),
    ("no pace at all", WHOLE.replace('unknown_wait = "30s"', "throughput = 0"),
     "channels.shop.throughput", "Write for example throughput = 80."),
    ("a port that is a truth", WHOLE.replace("8088", "true"), "server.port", "Write a whole number."),
    ("duration in words", WHOLE.replace("quiet = 4.0", 'quiet = "soon"'),
     "bots.assistant.quiet", '"30s", "10m", "24h", "30d"'),
    ("duration below zero", WHOLE.replace("quiet = 4.0", "quiet = -1"), "bots.assistant.quiet", '"30s"'),
    ("duration that is a truth", WHOLE.replace("quiet = 4.0", "quiet = true"), "bots.assistant.quiet", '"30s"'),
    ("max_wait below quiet", WHOLE.replace("max_wait = 15.0", "max_wait = 3"),
     "bots.assistant", "Make max_wait at least as long as quiet."),
    ("rate", WHOLE.replace("10/minute", "10 per minute"), "bots.assistant.rate_limit", '"10/minute"'),
    ("rate of none", WHOLE.replace("10/minute", "0/minute"), "bots.assistant.rate_limit", '"off"'),
    ("overlap", WHOLE.replace('"interrupt"', '"interupt"'), "bots.assistant.overlap", 'overlap = "interrupt"'),
    ("entry", WHOLE.replace("my_bot:bot", "my_bot.py"), "bots.assistant.entry", 'entry = "my_bot:bot"'),

     ("database", WHOLE.replace("sqlite:///turnkeeper.db", "mysql://u:hush@h/n"), "database.url", "postgresql://user@host/name"),

     ("public_url", WHOLE.replace("https://bot.example.com", "bot.example.com"), "server.public_url", "https://bot.example.com"),
    ("public_url of two lines", WHOLE.replace("example.com", "example.com\\r\\nx"), "server.public_url", "Write it"),
    ("public_url with a password", WHOLE.replace("bot.example", "me:hush@bot.example"), "server.public_url", "https://bot.example.com"),
    ("endpoint with a key", WHOLE + '[media]\nendpoint = "https://a.test/?k=hush"\n', "media.endpoint", "https://bot.example.com"),
    ("half of the bucket's keys", WHOLE + '[media]\naccess_key_id = "hush"\n', "media", "Set both, or neither."),
    ("a short secret for links", WHOLE + '[media]\nsecret = "hush-hush"\n', "media.secret", "openssl rand -hex 32"),
    ("short retention", WHOLE + "[retention]\nkeep = '7d'\n", "retention.keep", '"30d"'),
    ("no workers", WHOLE + "[workers]\ncount = 0\n", "workers.count", "count = 1"),
    ("empty secret", WHOLE.replace("env:SHOP_SECRET", ""), "channels.shop.app_secret", "app_secret = "),
    ("a kind's name", WHOLE.replace("[channels.shop]", "[channels.whatsapp_cloud]"),
     "channels.whatsapp_cloud", "Give it another name."),
    ("a name that is none", WHOLE.replace("[channels.shop]", '[channels."a b"]'), "channels.a b", "letters, digits"),
    ("the number twice", WHOLE + CHANNEL.replace(".shop", ".two"), "channels.two.phone_number_id", "remove one"),
    ("a kind of message", WHOLE + 'reads = ["text", "smell"]\n', "bots.assistant.reads", "a list of: animation, audio"),
    ("no kind of message", WHOLE + "reads = []\n", "bots.assistant.reads", 'Write "all"'),
    ("kinds that are a number", WHOLE + "reads = 3\n", "bots.assistant.reads", 'Write "all"'),
    ("kinds in a table", WHOLE + "reads = [[]]\n", "bots.assistant.reads", 'Write "all"'),
    ("a takeover of no time", CHANNEL + "echo_takes_over = 0\n" + BOT, "channels.shop.echo_takes_over", '"30m"'),
    ("a cap of nothing", PHONE + "daily_cap = 0\n" + BOT, "channels.phone.daily_cap", "1"),
    ("a cap in words", PHONE + "daily_cap = true\n" + BOT, "channels.phone.daily_cap", "whole number"),
    ("a number that is none", CHANNEL + 'owner_numbers = ["me"]\n' + BOT, "channels.shop.owner_numbers", "+60"),
    ("numbers that are no list", CHANNEL + "tester_numbers = 60\n" + BOT, "channels.shop.tester_numbers", "+60"),
    ("two signs", CHANNEL + 'owner_signs = "/?"\n' + BOT, "channels.shop.owner_signs", '"/?#"'),
    ("the same sign twice", CHANNEL + 'owner_signs = "//#"\n' + BOT, "channels.shop.owner_signs", '"/?#"'),
    ("a letter as a sign", CHANNEL + 'owner_signs = "/?x"\n' + BOT, "channels.shop.owner_signs", '"/?#"'),
    ("some groups", CHANNEL + 'groups = "some"\n' + BOT, "channels.shop.groups", "mention"),
    ("a takeover in words", CHANNEL + 'echo_takes_over = "yes"\n' + BOT, "channels.shop.echo_takes_over", '"30s"'),
    ("an environment in capitals", CHANNEL + 'environment = "Prod"\n' + BOT, "channels.shop.environment", "production"),
    ("not a table", "server = 3\n", "server", "[server]"),
    ("variable not set", WHOLE.replace("SHOP_TOKEN", "NOT_SET"),
     "channels.shop.access_token", "Set NOT_SET before the start."),
    ("file not there", WHOLE.replace("verify.txt", "no.txt"),
     "channels.shop.verify_token", "Put the value into that file."),
    ("no host", WHOLE.replace('"127.0.0.1"', '""'), "server.host", 'host = "127.0.0.1"'),
    ("a database that is a number", WHOLE.replace('"sqlite:///turnkeeper.db"', "5"), "database.url", "sqlite:///"),
    ("no database", WHOLE.replace("sqlite:///turnkeeper.db", ""), "database.url", "sqlite:///"),
    ("a port beyond all ports", WHOLE.replace("sqlite:///turnkeeper.db", "postgresql://u:hush@h:99999/n"),
     "database.url", "from 1 to 65535"),
    ("a slash in the password", WHOLE.replace("sqlite:///turnkeeper.db", "postgresql://u:hush/x@h/n"),
     "database.url", "%2F"),
    ("a bracket in the password", WHOLE.replace("sqlite:///turnkeeper.db", "postgresql://u:[hush@h/n"),
     "database.url", "%5B"),
    ("a token that ends its header", WHOLE.replace("env:SHOP_TOKEN", "hush\\r\\nX-Other: 1"),
     "channels.shop.access_token", "no line breaks"),
    ("a token beyond ASCII", WHOLE.replace("env:SHOP_TOKEN", "hush\u00e9"), "channels.shop.access_token", "ASCII"),
    ("a secret with a line break", WHOLE.replace("env:SHOP_SECRET", "hush\\n"), "channels.shop.app_secret", "Take it"),
    ("a secret where a number belongs", WHOLE.replace("port = 8088", 'port = "env:SHOP_SECRET"'),
     "server.port", "port = 8088"),
    ("a secret where a duration belongs", WHOLE.replace("quiet = 4.0", 'quiet = "env:SHOP_SECRET"'),
     "bots.assistant.quiet", "Write seconds"),
]  # fmt: skip


@pytest.mark.parametrize("label, text, key, mend", WRONG, ids=[row[0] for row in WRONG])
def test_a_wrong_file_names_the_key_and_the_mend(tmp_path: Path, label: str, text: str, key: str, mend: str) -> None:
    error = refused(tmp_path, text)
    assert error.key == key
    assert mend in error.mend
    assert "hush" not in str(error)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    text = WHOLE.replace("port = 8088", "prot = 8088").replace("quiet = 4.0", 'quiet = "soon"')
    error = refused(tmp_path, text, {})
    assert isinstance(error, ConfigurationErrors)
    keys = [each.key for each in error.errors]
    assert keys == [
        "server.prot",
        "bots.assistant.quiet",
        "channels.shop.access_token",
        "channels.shop.app_secret",
    ]
    assert [type(each) for each in error.errors[2:]] == [SecretMissing, SecretMissing]
    assert str(error).count("\n") == 3


def test_a_bot_that_is_wrong_is_not_blamed_on_its_channels(tmp_path: Path) -> None:
    error = refused(tmp_path, WHOLE.replace("quiet =", "quit ="))
    assert not isinstance(error, ConfigurationErrors)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text("[server\n", "utf-8")
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    for path, said in (
        (tmp_path / "none.toml", "there is no such file"),
        (broken, "is not TOML"),
        (binary, "cannot be read"),
        (tmp_path, "cannot be read"),
    ):
        with pytest.raises(ConfigurationError, match=said):
            load(path, {})


@pytest.mark.parametrize("value", [None, "", "s", "1 week", "1e9", "inf", "nan", 1e12, [], "-1s"])
def test_what_is_no_duration(value: object) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        read_duration(value)


@pytest.mark.parametrize("value", ["", "10", "/minute", "10/", "10/fortnight", "x/minute", 10])
def test_what_is_no_rate(value: object) -> None:
    with pytest.raises(ValueError, match=r"is not a (rate|duration)"):
        read_rate(value)


def test_the_reference_page_is_in_step() -> None:
    page = Path(__file__).parents[1] / "docs" / "configuration.md"
    assert page.read_text("utf-8") == as_markdown(), "write it anew: turnkeeper settings > docs/configuration.md"


def test_defaults_are_told_as_they_would_be_written() -> None:
    told = as_markdown()
    assert '| `offer_buttons` | `["Yes, please", "No, thanks"]` |' in told
    assert "| `paths` | none |" in told
    assert '| `reads` | `["text"]` |' in told
    assert "Undefined" not in told


def test_looking_at_the_database_needs_no_secrets(tmp_path: Path) -> None:
    (tmp_path / "turnkeeper.toml").write_text(WHOLE, "utf-8")
    settings = load(tmp_path / "turnkeeper.toml", {}, secrets=False)
    assert settings.database_url.endswith("/turnkeeper.db")


ELSEWHERE = """
[channels.desk]
kind = "telegram"
bot = "assistant"
token = "env:DESK_TOKEN"
secret_token = "env:DESK_SECRET"
[channels.wa]
kind = "waha"
bot = "assistant"
base_url = "env:WAHA"
api_key = "env:WAHA_KEY"
hmac_key = "env:WAHA_HMAC"
"""


def test_nor_do_the_channels_whose_secrets_have_a_form(tmp_path: Path) -> None:
    """What is not there is of no form; what is there still has to be of its own."""
    (tmp_path / "turnkeeper.toml").write_text(ELSEWHERE + BOT, "utf-8")
    settings = load(tmp_path / "turnkeeper.toml", {}, secrets=False)
    assert [each.id for each in settings.channels] == ["desk", "wa"]
    desk = ELSEWHERE.partition("[channels.wa]")[0] + BOT
    assert refused(tmp_path, desk, {"DESK_TOKEN": "1:a b", "DESK_SECRET": "x"}).key == "channels.desk.token"
    assert refused(tmp_path, desk, {"DESK_TOKEN": "1:ab", "DESK_SECRET": "x:"}).key == "channels.desk.secret_token"
    other = desk.replace("token =", 'environment = "production"\ntoken =', 1)
    assert read(tmp_path, other, {}).channels[0].elsewhere == "production"


AGENT = """
[bots.helper]
kind = "agent"
prompt = "You help."
"""


def agent(tmp_path: Path, text: str, head: str = AGENT) -> AgentKeys:
    keys = read(tmp_path, head + text).bots[BotId("helper")].keys
    assert isinstance(keys, AgentKeys)
    return keys


def test_an_agent_without_models_needs_knowledge(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="neither models nor knowledge"):
        agent(tmp_path, "")


def test_a_base_of_documents(tmp_path: Path) -> None:
    settings = read(tmp_path, '[knowledge.help]\nfolder = "docs"\n[knowledge.more]\nworkspace = "cafe"\n')
    assert (settings.knowledge["help"].folder, settings.knowledge["more"].workspace) == ("docs", "cafe")
    assert agent(tmp_path, 'knowledge = ["help"]\n[knowledge.help]\n').knowledge == ("help",)


WRONG_OF_KNOWLEDGE = [
    ("an unknown setting", "[knowledge.help]\nfoldr = 1", "knowledge.help.foldr", 'Did you mean "folder"'),
    ("no folder", '[knowledge.help]\nfolder = "s3://b/c"', "knowledge.help.folder", "names no folder"),
    ("no name", "[knowledge.'a b']", "knowledge.a b", "is not a name"),
    ("no model", '[knowledge.help]\nembeddings = "m"', "knowledge.help.embeddings", "does not name a provider"),
    ("no provider", '[knowledge.help]\nembeddings = "p/m"', "knowledge.help.embeddings", 'no provider "p"'),
    ("no table", "knowledge = 3", "knowledge", "is not a table"),
]


@pytest.mark.parametrize("label, text, key, said", WRONG_OF_KNOWLEDGE, ids=[row[0] for row in WRONG_OF_KNOWLEDGE])
def test_what_is_wrong_with_a_base(tmp_path: Path, label: str, text: str, key: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path, text)
    assert raised.value.key == key
    assert said in str(raised.value)


def test_a_bot_looks_things_up_where_it_answers(tmp_path: Path) -> None:
    text = CHANNEL + BOT + 'knowledge = ["help"]\n[knowledge.help]\nworkspace = "{}"\n'
    error = refused(tmp_path, text.format("cafe"))
    assert error.key == "bots.assistant.knowledge"
    assert 'workspace "cafe", and no channel of the bot is. Set knowledge.help.workspace to default.' in str(error)
    assert read(tmp_path, text.format("default")).knowledge["help"].workspace == "default"


WRONG_TEMPLATES = [
    ("no table", '"answer_ready"', "is not a table"),
    ("no language", '{ name = "a" }', "needs its language"),
    ("a name that is none", '{ name = "A b", language = "en" }', "a-z, 0-9 and _"),
    ("an unknown setting", '{ name = "a", language = "en", bdy = ["x"] }', "'bdy' is not a setting"),
    ("an unknown word in braces", '{ name = "a", language = "en", body = ["{name}"] }', "{name} stands for nothing"),
    ("a number", '{ name = "a", language = "en", body = [1] }', "1 is not a parameter"),
    ("an empty parameter", '{ name = "a", language = "en", body = [" "] }', "parameter 1 is empty"),
    ("parameters of both kinds", '{ name = "a", language = "en", body = ["x"], named = { y = "z" } }', "not both"),
]


@pytest.mark.parametrize("label, value, said", WRONG_TEMPLATES, ids=[row[0] for row in WRONG_TEMPLATES])
def test_a_fallback_template_that_would_not_go_stops_the_start(
    tmp_path: Path, label: str, value: str, said: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(tmp_path, WHOLE.replace("quiet =", f"fallback_template = {value}\nquiet ="))
    assert raised.value.key == "bots.assistant.fallback_template"
    assert said in raised.value.problem


WRONG_OF_AGENTS = [
    ("no provider", 'models = ["gpt"]', "does not name a provider"),
    ("no list", 'models = "a/b"', "is not a list"),
    ("an unknown setting", 'models = [{model = "a/b", heat = 1}]', "'heat' is not a setting"),
    ("a provider that there is not", 'models = ["a/b"]', 'there is no provider "a"'),
    ("a tool that there is not", 'models = ["a/b"]\ntools = ["handovr"]', 'Did you mean "handover"'),
    ("no tool's name", 'tools = ["rm -rf"]', "is not the name of a tool"),
    ("knowledge that there is not", 'knowledge = ["help"]', 'there is no knowledge "help"'),
    ("a fact's type", 'facts = { a = "int" }', "is not a type of fact"),
    ("a fact's name", 'facts = { A = "text" }', "is not a fact's name"),
    ("no money", "turn_cost = true", "is not a number"),
]


@pytest.mark.parametrize("label, text, problem", WRONG_OF_AGENTS, ids=[row[0] for row in WRONG_OF_AGENTS])
def test_what_is_wrong_with_an_agent(tmp_path: Path, label: str, text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        agent(tmp_path, text)
    assert problem in str(raised.value)


def test_a_models_own_settings_go_over_the_bots() -> None:
    keys = AgentKeys.model_validate(
        {
            "kind": "agent",
            "prompt": "p",
            "temperature": 0.2,
            "models": ["a/b/c", {"model": "d/e", "tools": False, "max_tokens": 9, "timeout": "5s"}],
        }
    )
    first, second = keys.choices()
    assert (str(first), first.tools, first.settings.temperature, first.settings.max_tokens) == ("a/b/c", True, 0.2, 500)
    assert (second.provider, second.name, second.tools) == ("d", "e", False)
    assert (second.settings.max_tokens, second.settings.timeout, second.settings.temperature) == (9, 5.0, 0.2)
