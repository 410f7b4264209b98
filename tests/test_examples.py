"""Every example has tests of its own, and they pass where a stranger runs them: in a copy of its folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
NAMES = sorted(path.name for path in EXAMPLES.iterdir() if (path / "README.md").exists())


def test_they_are_all_here() -> None:
    assert NAMES == ["ansari", "kaiwa", "mr_voice", "muse", "quickstart", "welcome"]


@pytest.mark.limit(90)
@pytest.mark.parametrize("name", NAMES)
def test_its_own_tests_pass(name: str, tmp_path: Path) -> None:
    folder = shutil.copytree(EXAMPLES / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=85, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
