"""`turnkeeper text render`: one JSON object, whatever is read."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from turnkeeper.cli.commands import app

run = CliRunner()


def parts(*arguments: str, given: bytes = b"") -> list[str]:
    """What the command prints; it must be one line with one key."""
    done = run.invoke(app, ["text", "render", *arguments], input=given)
    assert (done.exit_code, done.stderr, done.stdout.count("\n")) == (0, "", 1)
    printed = json.loads(done.stdout)
    assert list(printed) == ["parts"]
    return list(printed["parts"])


@pytest.mark.parametrize(
    "label, to, given, expected",
    [
        ("bold", "whatsapp", b"**Hi** you", ["*Hi* you"]),
        ("html", "telegram", b"**Hi** <you>", ["<b>Hi</b> &lt;you&gt;"]),
        ("no markup", "plain", b"**Hi** [you](https://a.b)", ["Hi you (https://a.b)"]),
        ("nothing", "whatsapp", b"", []),
        ("only white space", "telegram", b" \n\t\n", []),
        ("not UTF-8", "whatsapp", b"caf\xe9 \xff", ["caf\ufffd \ufffd"]),
        ("not escaped", "whatsapp", "سؤال 👍".encode(), ["سؤال 👍"]),
    ],
)
def test_stdin(label: str, to: str, given: bytes, expected: list[str]) -> None:
    assert parts("--to", to, given=given) == expected
    assert parts("--to", to, "-", given=given) == expected


def test_a_file_in_parts(tmp_path: Path) -> None:
    (tmp_path / "answer.md").write_text("# One\n\nfirst words here\n\n# Two\n\nsecond words here\n", "utf-8")
    file = str(tmp_path / "answer.md")
    whole = ["*One*\nfirst words here\n\n*Two*\nsecond words here"]
    assert parts("--to", "whatsapp", file) == whole
    assert parts("--to", "whatsapp", "--numbered", file) == whole
    assert parts("--to", "whatsapp", "--limit", "40", file) == [
        "*One*\nfirst words here",
        "*Two*\nsecond words here",
    ]
    assert parts("--to", "whatsapp", "--limit", "40", "--numbered", file)[1].endswith("\n\n(2/2)")


@pytest.mark.parametrize(
    "label, arguments, said",
    [
        ("no such file", ["--to", "whatsapp", "nowhere.md"], "nowhere.md: No such file"),
        ("a folder", ["--to", "whatsapp", "."], ".: Is a directory. Name a file that can be read"),
        ("no platform", ["nowhere.md"], "--to"),
        ("another platform", ["--to", "fax"], "fax"),
        ("too small", ["--to", "whatsapp", "--limit", "5"], "--limit"),
    ],
)
def test_what_cannot_be_done_says_why(label: str, arguments: list[str], said: str) -> None:
    done = run.invoke(app, ["text", "render", *arguments], input=b"")
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""
