"""What several of these files share."""

from collections.abc import Iterator

import pytest

from tests.e2e.scenarios import Scenarios, running_scenarios


@pytest.fixture(scope="session")
def scenarios(request: pytest.FixtureRequest) -> Iterator[Scenarios]:
    """The scenarios of the selected tests, all started by the first of them."""
    with running_scenarios(request) as running:
        yield running
