"""`turnkeeper prompt …`: what is told, kept and published, and what is refused."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.agents import configured, run
from turnkeeper.app.database import existing, migrate_store
from turnkeeper.app.prompts import open_prompts
from turnkeeper.config import Settings
from turnkeeper.model.errors import ConfigurationError, StoreError
from turnkeeper.model.ids import DEFAULT_WORKSPACE, BotId


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = configured(tmp_path)
    asyncio.run(migrate_store(found))
    return found


def prompt(settings: Settings, *arguments: str, stdin: str | None = None) -> str:
    """What a command that succeeds prints."""
    result = run(settings, "prompt", *arguments, stdin=stdin)
    assert result.exit_code == 0, result.output
    return str(result.stdout)


def as_json(settings: Settings, *arguments: str, stdin: str | None = None) -> Any:
    return json.loads(prompt(settings, *arguments, "--json", stdin=stdin))


def test_from_a_draft_to_what_is_in_effect_and_back(settings: Settings, tmp_path: Path) -> None:
    assert prompt(settings, "list") == "assistant  the configured prompt is in effect\n"
    assert prompt(settings, "show", "assistant") == "You help.\n"
    (tmp_path / "new.md").write_text("You help.\nBe brief.\n", "utf-8")
    assert "version 1" in prompt(settings, "draft", "assistant", str(tmp_path / "new.md"), "--note", "shorter")
    assert prompt(settings, "show", "assistant") == "You help.\n"
    assert prompt(settings, "diff", "assistant").splitlines()[2:] == ["@@ -1 +1,2 @@", " You help.", "+Be brief."]
    assert prompt(settings, "publish", "assistant") == "assistant is told version 1 now\n"
    assert prompt(settings, "show", "assistant") == "You help.\nBe brief.\n"
    assert run(settings, "prompt", "publish", "assistant").exit_code == 1
    assert as_json(settings, "draft", "assistant", "-", stdin="Be kind.") == {
        "bot": "assistant",
        "version": 2,
        "unknown": [],
    }
    assert as_json(settings, "publish", "assistant") == {"bot": "assistant", "version": 2}
    listed = prompt(settings, "list", "assistant").splitlines()
    assert listed[0] == "assistant  version 2 is in effect"
    assert [line.split()[:2] for line in listed[1:]] == [["2", "published"], ["1", "retired"]]
    assert listed[2].endswith("  shorter")
    assert [(each["version"], each["state"]) for each in as_json(settings, "list")] == [
        (2, "published"),
        (1, "retired"),
    ]
    for version, text in ((None, "Be kind."), (1, "You help.\nBe brief."), (0, "You help.")):
        chosen = () if version is None else ("--version", str(version))
        assert as_json(settings, "show", "assistant", *chosen)["text"] == text
    assert prompt(settings, "diff", "assistant", "--version", "2", "--against", "0").splitlines()[3:] == [
        "-You help.",
        "+Be kind.",
    ]
    assert prompt(settings, "back", "assistant") == "assistant is told version 1 again\n"
    assert as_json(settings, "publish", "assistant", "--version", "2")["version"] == 2
    assert as_json(settings, "back", "assistant", "--configured") == {"bot": "assistant", "version": 0}
    assert prompt(settings, "show", "assistant") == "You help.\n"
    prompt(settings, "publish", "assistant", "--version", "1")
    assert prompt(settings, "back", "assistant") == "assistant is told its configured prompt again\n"


def test_a_draft_is_told_which_variables_are_none(settings: Settings) -> None:
    said = "Hi {{contact.name}}, {{contact.nam}}! {{facts.size}} {{facts.hue}}"
    result = run(settings, "prompt", "draft", "assistant", "-", stdin=said)
    assert "version 1" in result.stdout
    assert [line.split()[0] for line in result.stderr.splitlines()] == ["{{contact.nam}}", "{{facts.hue}}"]
    assert as_json(settings, "draft", "assistant", "-", stdin=said)["unknown"] == ["contact.nam", "facts.hue"]


def test_workspaces_have_their_own(settings: Settings) -> None:
    prompt(settings, "draft", "assistant", "-", "--workspace", "cafe", stdin="Coffee?")
    prompt(settings, "publish", "assistant", "--workspace", "cafe")
    assert prompt(settings, "show", "assistant", "--workspace", "cafe") == "Coffee?\n"
    assert prompt(settings, "show", "assistant") == "You help.\n"


REFUSED = [
    ("nothing to publish", ["publish", "assistant"], "has no new draft"),
    ("a version that there is not", ["publish", "assistant", "--version", "7"], "no version 7"),
    ("the same, shown", ["show", "assistant", "--version", "7"], "Versions: none yet"),
    ("nothing to compare", ["diff", "assistant"], "has no new draft"),
    ("nothing to take back", ["back", "assistant"], "nothing to go back from"),
    ("an empty text", ["draft", "assistant", "-"], "empty"),
]


@pytest.mark.parametrize(("arguments", "said"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_what_is_refused(settings: Settings, arguments: list[str], said: str) -> None:
    result = run(settings, "prompt", *arguments, stdin=" \n")
    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1


WRONG = [
    ("a bot that there is not", ["show", "asistant"], 'Did you mean "assistant"?'),
    ("a bot without a prompt", ["draft", "coded", "-"], "has no prompt"),
]


@pytest.mark.parametrize(("arguments", "said"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_what_is_named_wrongly(settings: Settings, arguments: list[str], said: str) -> None:
    result = run(settings, "prompt", *arguments, stdin="x")
    assert isinstance(result.exception, ConfigurationError)  # `main` makes a line of it
    assert said in str(result.exception)


def test_a_file_that_cannot_be_read(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "raw").write_bytes(b"\xff")
    for file, said in (("nowhere.md", "No such file"), ("raw", "not text")):
        result = run(settings, "prompt", "draft", "assistant", str(tmp_path / file))
        assert result.exit_code == 2
        assert said in result.stderr


def test_before_there_is_a_database(tmp_path: Path) -> None:
    result = run(configured(tmp_path), "prompt", "list")
    assert isinstance(result.exception, StoreError)


async def test_what_runs_follows_the_configured_file(settings: Settings, tmp_path: Path) -> None:
    async with existing(settings) as store:
        prompts = open_prompts(settings, store)
        (tmp_path / "prompt.md").write_text("You help a lot.", "utf-8")
        await prompts.look()
        found = prompts.find(DEFAULT_WORKSPACE, BotId("assistant"))
        assert found is not None
        assert (found.version, found.text) == (0, "You help a lot.")
        assert prompts.find(DEFAULT_WORKSPACE, BotId("coded")) is None
