"""`turnkeeper channel parse`: bodies in, one JSON object for each event out."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.channels.cloud_bodies import NUMBER_ID, body, change, message, messages, status
from tests.channels.table import dump, load
from turnkeeper.channels import registry
from turnkeeper.cli.channel import app

TEXT = body(messages(message()))
TWO = body(messages(message(), message(id="wamid.2")), change(statuses=[status()]))


def run(*arguments: str, given: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["parse", *arguments], input=given)


def kinds(result: Result) -> list[str]:
    return [json.loads(line)["kind"] for line in result.stdout.splitlines()]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "text.json").write_bytes(TEXT)
    (tmp_path / "two.json").write_bytes(TWO)
    (tmp_path / "wrong.json").write_bytes(b"Salam")
    return tmp_path


def test_a_body_on_stdin() -> None:
    result = run("whatsapp_cloud", given=TWO)
    assert result.exit_code == 0
    assert kinds(result) == ["text", "text", "status"]
    first = json.loads(result.stdout.splitlines()[0])
    assert first["text"] == "Salam"
    assert first["account_id"] == NUMBER_ID
    assert not {"file", "addresses", "dedup_key", "dedup_window"} & set(first)


def test_a_body_on_many_lines_is_one() -> None:
    result = run("whatsapp_cloud", given=json.dumps(json.loads(TWO), indent=1).encode())
    assert kinds(result) == ["text", "text", "status"]


def test_one_body_on_each_line() -> None:
    result = run("whatsapp_cloud", given=TEXT + b"\n\n" + TWO + b"\n")
    assert (result.exit_code, len(kinds(result))) == (0, 4)


def test_a_wrong_line_is_named() -> None:
    result = run("whatsapp_cloud", given=TEXT + b"\nSalam\n" + TEXT + b"\n")
    assert (result.exit_code, kinds(result)) == (1, ["text", "text"])
    assert "stdin line 2" in result.stderr


def test_one_file(folder: Path) -> None:
    result = run("whatsapp_cloud", str(folder / "text.json"))
    assert kinds(result) == ["text"]
    assert "file" not in json.loads(result.stdout)


def test_several_files_are_named(folder: Path) -> None:
    files = [str(folder / name) for name in ("text.json", "two.json")]
    result = run("whatsapp_cloud", *files)
    shown = [json.loads(line)["file"] for line in result.stdout.splitlines()]
    assert shown == [files[0], *[files[1]] * 3]


def test_a_wrong_file_costs_no_other(folder: Path) -> None:
    files = [str(folder / name) for name in ("text.json", "wrong.json", "two.json")]
    result = run("whatsapp_cloud", *files)
    assert result.exit_code == 1
    assert kinds(result) == ["text", "text", "text", "status"]
    assert files[1] in result.stderr


def test_what_cannot_be_read_is_shown() -> None:
    result = run("whatsapp_cloud", given=body(messages(None)))
    assert result.exit_code == 0
    assert json.loads(result.stdout)["raw"] == "null"


def test_a_missing_file_and_an_unknown_kind(folder: Path) -> None:
    missing = run("whatsapp_cloud", str(folder / "nothing.json"))
    assert (missing.exit_code, missing.stdout) == (2, "")
    unknown = run("pigeon", given=TEXT)
    assert unknown.exit_code == 2
    assert "whatsapp_cloud" in unknown.stderr


@pytest.mark.parametrize("kind", registry.kinds())
def test_bodies_of_every_kind_need_no_configuration(tmp_path: Path, kind: str) -> None:
    expected = []
    files = []
    for number, (_, given, events) in enumerate(load(kind).heard):
        files.append(str(tmp_path / f"{number:03}"))
        Path(files[-1]).write_bytes(dump(given))
        expected += [event["kind"] for event in events]
    result = run(kind, *files)
    assert result.exit_code == 0, result.output
    differ = [(told, meant) for told, meant in zip(kinds(result), expected, strict=True) if told != meant]
    assert all(meant == "ignored" for _, meant in differ), "only whom it is for is settled by the configuration"
