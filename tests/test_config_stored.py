"""What was made in the console counts like the file; one that is wrong is left out, and stops nothing."""

from pathlib import Path

import pytest

from turnkeeper.config import Settings, load
from turnkeeper.config.stored import Document
from turnkeeper.model.configured import ConfiguredKey
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.ids import BotId, WorkspaceId

FILE = """
[bots.assistant]
kind = "python"
entry = "my_bot:bot"
[channels.tele]
kind = "telegram"
bot = "assistant"
token = "11111111:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
updates = "polling"
[providers.router]
kind = "openrouter"
api_key = "sk-file"
"""
TOKEN, OTHER = "11111111:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "22222222:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
TELEGRAM: dict[str, object] = {"kind": "telegram", "bot": "assistant", "updates": "polling", "token": OTHER}
WAHA: dict[str, object] = {"kind": "waha", "bot": "assistant", "base_url": "https://waha.example.com"} | {
    "api_key": "k",
    "hmac_key": "h" * 40,
}
ROUTER: dict[str, object] = {"kind": "openrouter", "api_key": "sk-own"}
ANSARI: dict[str, object] = {"kind": "remote", "preset": "ansari", "base_url": "https://ansari.example.com"}
AGENT: dict[str, object] = {"kind": "agent", "models": ["router/openai/gpt"], "prompt": "Be kind."}


def made(name: str, table: dict[str, object], kind: str = "channel", home: str = "default") -> Document:
    return Document(ConfiguredKey(WorkspaceId(home), kind, name), 1, table)


def read(folder: Path, *documents: Document, text: str = FILE) -> Settings:
    (folder / "turnkeeper.toml").write_text(text, "utf-8")
    return load(folder / "turnkeeper.toml", {"HUSH": "leaked"}, documents=documents)


def problem(folder: Path, *documents: Document, text: str = FILE) -> ConfigurationError:
    """Of the last document, which alone is wrong."""
    settings = read(folder, *documents, text=text)
    assert list(settings.problems) == [documents[-1].key]
    return settings.problems[documents[-1].key][0]


def test_a_channel_of_the_console_is_one_like_any_other(tmp_path: Path) -> None:
    settings = read(tmp_path, made("second", TELEGRAM), made("third", WAHA))
    assert not settings.problems
    assert [(each.channel.id, each.made) for each in settings.receivers] == [
        ("tele", False),
        ("second", True),
        ("third", True),
    ]
    assert settings.receiver("second").channel.bot_id == "assistant"
    assert OTHER in settings.secrets


def test_a_whole_set_of_things_names_each_other_in_any_order(tmp_path: Path) -> None:
    mine = [
        made("line", TELEGRAM | {"bot": "kind"}, home="cafe"),
        made("kind", AGENT | {"models": ["own/openai/gpt"]}, "bot", "cafe"),
        made("own", ROUTER, "provider", "cafe"),
    ]
    settings = read(tmp_path, *mine)
    assert not settings.problems
    assert settings.receiver("line").channel.workspace_id == "cafe"
    assert settings.bots[BotId("kind")].workspace_id == "cafe"


def test_secrets_of_the_console_are_those_that_nobody_is_shown(tmp_path: Path) -> None:
    """Logs, traces and reports of failures have them taken out."""
    hushed = {"sk-own-hush", "api-hush", "h" * 40, "remote-hush", OTHER}
    mine = [
        made("line", TELEGRAM | {"bot": "far"}, home="cafe"),
        made("third", WAHA | {"bot": "far", "api_key": "api-hush"}, home="cafe"),
        made("own", ROUTER | {"api_key": "sk-own-hush"}, "provider", "cafe"),
        made("far", ANSARI | {"api_key": "remote-hush"}, "bot", "cafe"),
    ]
    settings = read(tmp_path, *mine)
    assert not settings.problems
    assert hushed - settings.secrets == set()
    assert (hushed & read(tmp_path).secrets) == set()


def test_the_calls_of_a_tenants_bot_are_guarded(tmp_path: Path) -> None:
    text = FILE + '[server]\nallow_internal = ["backend:8000"]\n'
    inside = made("inside", ANSARI | {"base_url": "http://backend:8000"}, "bot")
    settings = read(tmp_path, made("outside", ANSARI, "bot"), inside, made("agent", AGENT, "bot"), text=text)
    assert not settings.problems
    guarded = {name: settings.bots[BotId(name)].guarded for name in ("outside", "inside", "agent", "assistant")}
    assert guarded == {"outside": True, "inside": False, "agent": False, "assistant": False}


def test_the_calls_of_a_tenants_provider_are_guarded(tmp_path: Path) -> None:
    text = FILE + '[server]\nallow_internal = ["vllm:8000"]\n'
    compatible = {"kind": "openai_compatible"}
    inside = made("inside", compatible | {"base_url": "http://vllm:8000"}, "provider")
    outside = made("outside", compatible | {"base_url": "https://169.254.169.254.nip.io"}, "provider")
    settings = read(tmp_path, inside, outside, made("own", ROUTER, "provider"), text=text)
    assert not settings.problems
    guarded = {name: settings.provider(name).guarded for name in settings.providers}
    assert guarded == {"router": False, "inside": False, "outside": True, "own": False}


@pytest.mark.parametrize(
    "document, key, said",
    [
        (made("tele", TELEGRAM), "channels.tele", "stands in turnkeeper.toml"),
        (made("x", TELEGRAM | {"bot": "nobody"}), "channels.x.bot", 'no bot "nobody"'),
        (made("x", TELEGRAM | {"tokn": "1"}), "channels.x.tokn", "is not a setting"),
        (made("x", {"kind": "pigeon"}), "channels.x.kind", "is not a kind"),
        (made("waha", TELEGRAM), "channels.waha", "name of a kind"),
        (made("x y", TELEGRAM), "channels.x y", "is not a name"),
        (made("x", TELEGRAM | {"token": TOKEN}), "channels.x.token", "another channel"),
        (made("x", TELEGRAM | {"token": "env:HUSH"}), "channels.x.token", "says where"),
        (made("x", WAHA | {"base_url": "http://127.0.0.1:3000"}), "channels.x.base_url", "own network"),
        (made("x", WAHA | {"base_url": "http://waha:3000"}), "channels.x.base_url", "own network"),
        (made("x", WAHA | {"base_url": "http://[::ffff:10.0.0.1]"}), "channels.x.base_url", "own network"),
        (made("x", {"kind": "python", "entry": "os:system"}, "bot"), "bots.x.kind", "turnkeeper.toml only"),
        (made("x", ANSARI | {"base_url": "http://127.0.0.1:8000"}, "bot"), "bots.x.base_url", "own network"),
        (made("x", AGENT | {"tools": ["handover", "os:system"]}, "bot"), "bots.x.tools", "code of the server"),
        (made("assistant", AGENT, "bot"), "bots.assistant", "stands in turnkeeper.toml"),
        (made("x", AGENT | {"models": ["none/x"]}, "bot"), "bots.x.models", 'no provider "none"'),
        (made("x", AGENT | {"tools": ["nope"]}, "bot"), "bots.x.tools", 'no tool "nope"'),
        (made("x", {"folder": "/etc"}, "knowledge"), "knowledge.x.folder", "files of the server"),
        (made("x", ROUTER | {"base_url": "http://10.1.2.3"}, "provider"), "providers.x.base_url", "own network"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_left_out_and_said(tmp_path: Path, document: Document, key: str, said: str) -> None:
    found = problem(tmp_path, document)
    assert found.key == key
    assert said in found.problem
    settings = read(tmp_path, document, made("good", TELEGRAM))
    assert [each.channel.id for each in settings.receivers] == ["tele", "good"]
    assert list(settings.bots) == ["assistant"]


def test_a_document_that_could_not_be_opened_is_said(tmp_path: Path) -> None:
    closed = ConfigurationError("channels.x", "its secrets cannot be opened", "Give the key.")
    assert problem(tmp_path, Document(made("x", {}).key, 1, {}, closed)) is closed


def test_nothing_of_the_servers_own_is_read_for_a_tenant(tmp_path: Path) -> None:
    (tmp_path / "hush.txt").write_text("leaked", "utf-8")
    agent = AGENT | {"prompt": "file:hush.txt"}
    settings = read(tmp_path, made("mine", agent, "bot"), made("x", TELEGRAM | {"niche": "env:HUSH"}))
    assert settings.receiver("x").channel.niche == "env:HUSH"
    bot = settings.bots[BotId("mine")]
    assert (getattr(bot.keys, "prompt", ""), bot.prompt_file) == ("file:hush.txt", None)


def test_the_first_of_two_with_one_account_keeps_it(tmp_path: Path) -> None:
    first, second = made("a", TELEGRAM), made("b", TELEGRAM, home="cafe")
    found = problem(tmp_path, first, second, text=FILE.replace("[bots", '[server]\nshared_with = ["cafe"]\n[bots'))
    assert found.problem == "another channel has this number too"
    wrong = made("a", TELEGRAM | {"bot": "nobody"})
    assert list(read(tmp_path, wrong, made("b", TELEGRAM)).problems) == [wrong.key]


@pytest.mark.parametrize(
    "shared, home, may",
    [
        ("", "default", True),
        ("", "cafe", False),
        ('"cafe"', "cafe", True),
        ('"*"', "cafe", True),
        ('"bar"', "cafe", False),
    ],
)
def test_what_the_file_has_serves_its_own_workspaces_and_those_it_names(
    tmp_path: Path, shared: str, home: str, may: bool
) -> None:
    text = f"[server]\nshared_with = [{shared}]\n{FILE}"
    settings = read(tmp_path, made("x", TELEGRAM, home=home), made("mine", AGENT, "bot", home), text=text)
    assert len(settings.problems) == (0 if may else 2)


def test_a_file_with_a_channel_of_a_workspace_serves_it(tmp_path: Path) -> None:
    text = FILE.replace("[providers", 'workspace = "cafe"\n[providers')
    assert not read(tmp_path, made("x", TELEGRAM, home="cafe"), text=text).problems


def test_another_workspaces_things_are_not_there(tmp_path: Path) -> None:
    documents = (made("mine", AGENT, "bot"), made("x", TELEGRAM | {"bot": "mine"}, home="cafe"))
    assert "no bot" in problem(tmp_path, *documents).problem


@pytest.mark.parametrize(
    "table, exempt, guarded",
    [
        (TELEGRAM, "", False),
        (WAHA, "", True),
        (WAHA, '"waha.example.com"', False),
        (WAHA | {"base_url": "http://127.0.0.1:3000"}, '"127.0.0.1:3000"', False),
        (WAHA | {"base_url": "http://LOCALHOST:3000"}, '"localhost"', False),
        (TELEGRAM | {"api_base": "https://telegram.example.com"}, "", True),
    ],
)
def test_calls_to_addresses_of_tenants_are_guarded(
    tmp_path: Path, table: dict[str, object], exempt: str, guarded: bool
) -> None:
    settings = read(tmp_path, made("x", table), text=f"[server]\nallow_internal = [{exempt}]\n{FILE}")
    assert not settings.problems
    assert settings.receiver("x").channel.guarded is guarded
    assert settings.receiver("tele").channel.guarded is False


def test_a_file_that_is_wrong_is_refused_whatever_the_console_says(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nobody"):
        read(tmp_path, made("x", TELEGRAM), text=FILE.replace('bot = "assistant"', 'bot = "nobody"'))
