"""Every way in which an entry can be wrong stops the start with the key and the mend."""

import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from turnkeeper import Bot, Turn
from turnkeeper.bots.python import load
from turnkeeper.model.errors import ConfigurationError

GOOD = """
from turnkeeper import Bot, Turn
bot = Bot("assistant")
unfinished = Bot("unfinished")
other = 5

@bot.stage("first", first=True)
async def first(turn: Turn) -> None: ...
"""
_names = count(1)


@pytest.fixture
def name(tmp_path: Path) -> Iterator[str]:
    """A module's name that nobody has imported; imports are as before afterwards."""
    path, modules = list(sys.path), set(sys.modules)
    yield f"a_bot_{next(_names)}"
    sys.path[:] = path
    for module in set(sys.modules) - modules:
        del sys.modules[module]


def test_a_bot_is_found_next_to_the_configuration(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.py").write_text(GOOD)
    bot = load(f"{name}:bot", tmp_path)
    assert (bot.name, bot.stages) == ("assistant", ("first",))


def test_a_bot_is_found_in_a_package(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "answers.py").write_text(GOOD)
    assert load(f"{name}.answers:bot", tmp_path).name == "assistant"


@pytest.mark.parametrize(
    "label, source, entry, problem, mend",
    [
        ("no colon", GOOD, "{name}", "'{name}' is not module:name", 'write, for example, "my_bot:bot"'),
        ("no name", GOOD, "{name}:", "'{name}:' is not module:name", "my_bot:bot"),
        ("nothing", GOOD, "", "'' is not module:name", "my_bot:bot"),
        ("no such module", None, "{name}:bot", "there is no module {name}", "put {name}.py into {folder}"),
        ("no such module in a package", "", "{name}.x:bot", "there is no module {name}.x", "put {name}/x.py into"),
        ("a file's name", GOOD, "{name}.py:bot", "there is no module {name}.py", "write {name}:…, a module's name"),
        ("a path", GOOD, "bots/{name}.py:bot", "there is no module bots/{name}.py", "write bots.{name}:…"),
        ("no such name", GOOD, "{name}:robot", "'{name}:robot' is nothing", 'write robot = Bot("…") in {name}'),
        ("not a bot", GOOD, "{name}:other", "'{name}:other' is a int", 'write other = Bot("…")'),
        ("no first stage", GOOD, "{name}:unfinished", "has no first stage", "write @bot.stage(..., first=True)"),
        ("a missing package", "import not_there", "{name}:bot", "{name} needs not_there", "install not_there"),
        ("a syntax error", "def x(:\n", "{name}:bot", "SyntaxError: invalid syntax ({name}.py, line 1)", "mend {name}"),
        ("it raises", "1 / 0", "{name}:bot", "cannot be imported: ZeroDivisionError: division by zero", "mend {name}"),
        ("it leaves", "import sys; sys.exit(2)", "{name}:bot", "cannot be imported: SystemExit: 2", "mend {name}"),
        ("relative", GOOD, ".{name}:bot", "cannot be imported: TypeError", "mend .{name}"),
    ],
)
def test_a_wrong_entry_names_the_key_and_the_mend(
    tmp_path: Path, name: str, label: str, source: str | None, entry: str, problem: str, mend: str
) -> None:
    if source is not None:
        (tmp_path / f"{name}.py").write_text(source)
    words = {"name": name, "folder": str(tmp_path)}
    with pytest.raises(ConfigurationError) as raised:
        load(entry.format(**words), tmp_path, "bots.assistant.entry")
    assert raised.value.key == "bots.assistant.entry"
    assert problem.format(**words) in raised.value.problem
    assert mend.format(**words) in raised.value.mend


def test_the_version_changes_with_the_source_and_with_nothing_else(tmp_path: Path, name: str) -> None:
    versions: list[str] = []
    for source in (GOOD, GOOD, GOOD + "# changed\n"):
        module = f"{name}_{len(versions)}"
        (tmp_path / f"{module}.py").write_text(source)
        versions.append(load(f"{module}:bot", tmp_path).version)
    assert versions[0] == versions[1] != versions[2]
    assert Bot("assistant", version="7").version == "7"


def test_a_bot_that_was_typed_into_a_shell_has_a_version_too() -> None:
    versions: list[str] = []
    for word in ("reply", "reply", "say_now"):
        bot = Bot("assistant")
        names: dict[str, object] = {}
        exec(f"async def only(turn): await turn.{word}('x')", names)
        bot.stage("only", first=True)(names["only"])  # type: ignore[arg-type]
        versions.append(bot.version)
    assert versions[0] == versions[1] != versions[2]


def test_what_the_package_says_it_has() -> None:
    import turnkeeper

    assert turnkeeper.Turn is Turn
    with pytest.raises(AttributeError, match="no attribute 'Robot'"):
        turnkeeper.Robot  # noqa: B018
