"""The fake's modules and what serves every fake: none knows the rest of the project, and no circle of imports runs
through them."""

import ast
from pathlib import Path

import turnkeeper.testing.fake_graph as package

FOLDER = Path(package.__file__).parent
PREFIX = package.__name__ + "."
TESTING = "turnkeeper.testing."
NEUTRAL = ("asgi", "http", "loopback")
"""Beside the package, for every fake; held to the same rule."""


def imported(path: Path) -> set[str]:
    """The project's modules that a source imports, those for types alone included."""
    found: set[str] = set()
    packages = (PREFIX[:-1], TESTING[:-1])
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module in packages:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.partition(".")[0] == "turnkeeper"}


def test_the_parts_know_only_each_other_and_never_in_a_circle() -> None:
    arrows = {PREFIX + path.stem: imported(path) for path in FOLDER.glob("*.py") if path.stem != "__init__"}
    assert len(arrows) > 20
    arrows |= {TESTING + name: imported(FOLDER.parent / f"{name}.py") for name in NEUTRAL}
    assert set().union(*arrows.values()) <= set(arrows)
    while arrows:
        leaves = [name for name, others in arrows.items() if not others & set(arrows)]
        assert leaves, f"a circle among {sorted(arrows)}"
        for name in leaves:
            del arrows[name]
