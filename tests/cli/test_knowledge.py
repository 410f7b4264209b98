"""`turnkeeper knowledge …`: what it says, as lines and as JSON."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from turnkeeper.cli.commands import app
from turnkeeper.model.errors import ConfigurationError, StoreUnavailable

run = CliRunner()
TOML = '[database]\nurl = "sqlite:///data.db"\n[knowledge.help]\nfolder = "docs"\n[knowledge.more]\n'


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/refunds.md").write_text("# Refunds\nWithin 14 days.", "utf-8")
    (tmp_path / "turnkeeper.toml").write_text(TOML, "utf-8")
    return tmp_path / "turnkeeper.toml"


def call(config: Path, *arguments: str, status: int = 0) -> str:
    done = run.invoke(app, ["knowledge", *arguments, "--config", str(config)], catch_exceptions=True)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == status, done.output
    return done.stdout


def printed(config: Path, *arguments: str) -> Any:
    return json.loads(call(config, *arguments, "--json"))


def test_a_base_from_its_folder_to_its_answers(config: Path) -> None:
    assert call(config, "sync") == "help: 1 kept, 0 refused, 0 forgotten\nmore: 0 kept, 0 refused, 0 forgotten\n"
    assert printed(config, "sync", "--base", "help") == [
        {"base": "help", "kept": 0, "refused": 0, "forgotten": 0, "vectors": 0, "told": ""}
    ]
    upload, bad = config.with_name("hours.txt"), config.with_name("bad.pdf")
    upload.write_text("Open from nine to six.", "utf-8")
    bad.write_bytes(b"no pdf")
    said = call(config, "add", str(upload), str(bad), "--base", "help", status=1)
    assert "hours.txt  “hours”, 1 passage, 22 bytes, upload" in said
    assert "bad.pdf  REFUSED: it is broken, or no PDF" in said
    listed = call(config, "list")
    assert "help  follows docs, 2 passages" in listed
    assert "refunds.md  “Refunds”, 1 passage" in listed
    help_, more = printed(config, "list")
    assert [(row["key"], row["state"], row["origin"]) for row in help_["documents"]] == [
        ("bad.pdf", "refused", "upload"),
        ("hours.txt", "kept", "upload"),
        ("refunds.md", "kept", "folder"),
    ]
    assert (more["passages"], more["documents"]) == (0, [])
    assert "1. hours\n   hours.txt, covers 100%" in call(config, "search", "when open", "--base", "help")
    (found,) = printed(config, "search", "refunds", "--base", "help")["found"]
    assert (found["text"], found["source"], found["document"]) == ("Within 14 days.", "Refunds", "refunds.md")
    assert call(config, "search", "zebra", "--base", "help") == "Nothing was found.\n"
    assert call(config, "remove", "hours.txt", "--base", "help") == "1 removed from help\n"
    assert call(config, "remove", "hours.txt", "--base", "help", status=1) == "0 removed from help\n"
    with pytest.raises(ConfigurationError, match="is in the folder"):
        call(config, "add", str(config.with_name("docs") / "refunds.md"), "--base", "help")


@pytest.mark.parametrize(
    "label, arguments, error, said",
    [
        ("which base", ["search", "x"], ConfigurationError, "Name one of help, more with --base"),
        ("no such base", ["search", "x", "--base", "hepl"], ConfigurationError, "knowledge.hepl: is not configured"),
        ("no database", ["list"], StoreUnavailable, "there is no database yet"),
    ],
)
def test_what_cannot_be_done_says_why(
    config: Path, label: str, arguments: list[str], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        call(config, *arguments)


def test_a_folder_that_is_not_there_names_its_key(config: Path) -> None:
    config.with_name("docs").rename(config.with_name("elsewhere"))
    with pytest.raises(ConfigurationError, match=r"knowledge\.help\.folder: docs is no folder"):
        call(config, "sync")
