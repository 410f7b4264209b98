"""docs/cases.md names tests that exist: a case whose test is renamed or lost is noticed."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CASES = 31
_TESTS = {
    name for file in ROOT.glob("tests/**/test_*.py") for name in re.findall(r"def (test_\w+)", file.read_text("utf-8"))
}
_PAGE = (ROOT / "docs/cases.md").read_text("utf-8")
_CASES = {int(number): text for number, text in re.findall(r"^(\d+)\. (.*)$", _PAGE, re.MULTILINE)}


def test_every_case_is_there() -> None:
    assert sorted(_CASES) == list(range(1, CASES + 1))


@pytest.mark.parametrize("number", range(1, CASES + 1))
def test_a_case_names_tests_that_exist(number: int) -> None:
    named = set(re.findall(r"`(test_\w+)`", _CASES[number]))
    assert named
    assert named <= _TESTS, named - _TESTS
