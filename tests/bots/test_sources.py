"""What a bot's code is known by: its own modules, however they are imported, and no others."""

import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from turnkeeper.bots.python import load

BOT = """
from turnkeeper import Bot, Turn
{imports}
bot = Bot("assistant")

@bot.stage("first", first=True)
async def first(turn: Turn) -> None:
    {inside}
"""
_names = count(1)


@pytest.fixture(autouse=True)
def _imports_are_as_before() -> Iterator[None]:
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def version(folder: Path, entry: str) -> str:
    """What a process that starts now makes of the bot."""
    path, modules = list(sys.path), set(sys.modules)
    try:
        return load(f"{entry}:bot", folder).version
    finally:
        sys.path[:] = path
        for name in set(sys.modules) - modules:
            del sys.modules[name]


def written(root: Path, name: str, source: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source)


@pytest.mark.parametrize(
    "label, imports, inside, changed, counts",
    [
        ("a module beside it", "import prompts{n}", "...", "prompts{n}.py", True),
        ("a name of one", "from prompts{n} import HELLO", "...", "prompts{n}.py", True),
        ("what that one imports", "import prompts{n}", "...", "deeper{n}.py", True),
        ("an import within a stage", "", "import prompts{n}", "prompts{n}.py", True),
        ("a package", "import words{n}.en", "...", "words{n}/en.py", True),
        ("the package's own file", "import bare{n}.en", "...", "bare{n}/__init__.py", True),
        ("what that file imports", "import bare{n}.en", "...", "bare{n}/fr.py", True),
        ("a module of a package", "from words{n} import en", "...", "words{n}/en.py", True),
        ("a module that is imported relatively", "from words{n} import en", "...", "words{n}/de.py", True),
        ("a module that nobody imports", "import prompts{n}", "...", "other{n}.py", False),
        ("a file that is no module", "import prompts{n}", "...", "prompts{n}.txt", False),
    ],
)
def test_the_version_changes_with_the_modules_that_the_bot_is_made_of(
    tmp_path: Path, label: str, imports: str, inside: str, changed: str, counts: bool
) -> None:
    n = next(_names)
    written(tmp_path, f"shop{n}.py", BOT.format(imports=imports.format(n=n), inside=inside.format(n=n)))
    written(tmp_path, f"prompts{n}.py", f"import deeper{n}\nHELLO = 'hello'\n")
    written(tmp_path, f"words{n}/en.py", "from . import de\n")
    written(tmp_path, f"bare{n}/__init__.py", "from . import fr\n")
    written(tmp_path, f"bare{n}/en.py", "")
    written(tmp_path, f"bare{n}/fr.py", "")
    for name in ("deeper{n}.py", "other{n}.py", "prompts{n}.txt", "words{n}/__init__.py", "words{n}/de.py"):
        written(tmp_path, name.format(n=n), "")
    before = version(tmp_path, f"shop{n}")
    assert version(tmp_path, f"shop{n}") == before
    with (tmp_path / changed.format(n=n)).open("a") as file:
        file.write("\nCHANGED = True\n")
    assert (version(tmp_path, f"shop{n}") != before) is counts


def test_of_what_is_installed_only_the_bots_own_package_counts(tmp_path: Path) -> None:
    n = next(_names)
    root = tmp_path / "site-packages"
    imports = f"import library{n}\nfrom ..prompts import HELLO"
    written(root, f"shop{n}/__init__.py", "")
    written(root, f"shop{n}/bots/__init__.py", "")
    written(root, f"shop{n}/bots/sales.py", BOT.format(imports=imports, inside="..."))
    written(root, f"shop{n}/prompts.py", "HELLO = 'hello'\n")
    written(root, f"library{n}.py", "")
    before = version(root, f"shop{n}.bots.sales")
    written(root, f"library{n}.py", "NEWER = True\n")
    assert version(root, f"shop{n}.bots.sales") == before
    written(root, f"shop{n}/prompts.py", "HELLO = 'good morning'\n")
    assert version(root, f"shop{n}.bots.sales") != before


def test_modules_that_import_each_other_and_one_that_cannot_be_read_do_no_harm(tmp_path: Path) -> None:
    n = next(_names)
    written(tmp_path, f"shop{n}.py", BOT.format(imports="", inside=f"import a{n}, broken{n}, gone{n}"))
    written(tmp_path, f"a{n}.py", f"import b{n}\n")
    written(tmp_path, f"b{n}.py", f"import a{n}\n")
    written(tmp_path, f"broken{n}.py", "def (\n")
    before = version(tmp_path, f"shop{n}")
    written(tmp_path, f"broken{n}.py", "def ((\n")
    assert version(tmp_path, f"shop{n}") != before
