"""What several of these files share."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.scenarios import Scenarios, running_scenarios

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def scenarios(request: pytest.FixtureRequest) -> Iterator[Scenarios]:
    """The scenarios of the selected tests, all started by the first of them."""
    with running_scenarios(request) as running:
        yield running


@pytest.fixture(scope="session")
def built_pages() -> None:
    """The console's pages as the sources are now; nothing is done when they are in step."""
    subprocess.run([sys.executable, "hatch_build.py"], cwd=ROOT, check=True)
    assert (ROOT / "src/turnkeeper/web/static/index.html").is_file()
