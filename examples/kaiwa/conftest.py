"""Each test begins without bookings."""

from pathlib import Path

import dinners
import pytest


@pytest.fixture(autouse=True)
def no_bookings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dinners, "BOOKINGS", tmp_path / "bookings.db")
