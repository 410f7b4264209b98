"""Secrets made in the console: opened where they were sealed, by the key that did it, and nowhere else."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from turnkeeper.config.sealing import KeyTooShort, NotOpened, Place, Sealing, ending
from turnkeeper.config.stored import opened, sealed, sealed_anew
from turnkeeper.model.configured import Configured, ConfiguredKey
from turnkeeper.model.ids import WorkspaceId

OLD, NEW = "o" * 32, "n" * 32
PLACE = Place("default", "channel", "line", "access_token")
KEY = ConfiguredKey(WorkspaceId("default"), "provider", "router")
TABLE = {"kind": "openrouter", "api_key": "sk-0123456789abcdefghij", "headers": {"X-Title": "our shop"}, "stream": True}


def kept(table: dict[str, object] = TABLE, key: ConfiguredKey = KEY, sealing: Sealing | None = None) -> Configured:
    return Configured(*key, 3, 1.0, "ada", sealed(table, key, sealing or Sealing([NEW])))


@settings(max_examples=30)
@given(st.text())
def test_what_is_sealed_is_opened(value: str) -> None:
    sealing = Sealing([NEW, OLD])
    assert sealing.open(sealing.seal(value, PLACE), PLACE) == value
    assert sealing.open(Sealing([OLD]).seal(value, PLACE), PLACE) == value


@pytest.mark.parametrize("moved", range(4))
def test_what_is_moved_does_not_open(moved: int) -> None:
    sealing = Sealing([NEW])
    elsewhere = Place(*(f"{each}2" if at == moved else each for at, each in enumerate(PLACE)))
    with pytest.raises(NotOpened, match="another place"):
        sealing.open(sealing.seal("secret", PLACE), elsewhere)


@pytest.mark.parametrize(
    "mark", ["", ".", "zzz.AAAA", None, "{id}.", "{id}.AAAA", "{id}.é", "{id}.====", "{id}.{text}x"]
)
def test_what_was_changed_does_not_open(mark: str | None) -> None:
    sealing = Sealing([NEW])
    id_, _, text = sealing.seal("secret", PLACE)["sealed"].partition(".")
    changed = mark if mark is None else mark.replace("{id}", id_).replace("{text}", "A" + text[1:])
    with pytest.raises(NotOpened):
        sealing.open({"sealed": changed}, PLACE)


@pytest.mark.parametrize("texts", [[], [""], ["x" * 31], [NEW, "short"]])
def test_what_could_be_guessed_is_no_key(texts: list[str]) -> None:
    with pytest.raises(KeyTooShort):
        Sealing(texts)


@pytest.mark.parametrize("value, shown", [("x" * 16 + "1234", "1234"), ("x" * 15 + "1234", ""), ("", "")])
def test_the_end_of_a_long_secret_is_shown(value: str, shown: str) -> None:
    assert ending(Sealing([NEW]).seal(value, PLACE)) == shown


def test_of_a_document_the_secrets_are_sealed_and_the_rest_is_plain() -> None:
    row = kept()
    assert b"sk-0123" not in row.document
    assert b"our shop" not in row.document
    assert json.loads(row.document)["stream"] is True
    document = opened(row, Sealing([NEW]))
    assert (document.table, document.problem, document.revision) == (TABLE, None, 3)


@pytest.mark.parametrize("sealing", [None, Sealing([OLD])])
def test_a_document_that_cannot_be_opened_says_why(sealing: Sealing | None) -> None:
    document = opened(kept(), sealing)
    assert document.table == {}
    assert document.problem is not None
    assert "TURNKEEPER_SECRET_KEY" in document.problem.mend


@pytest.mark.parametrize("body", [b"", b"[]", b"nonsense", b'"x"', b"\xff"])
def test_a_document_that_is_none_is_a_problem(body: bytes) -> None:
    assert opened(Configured(*KEY, 1, 1.0, "ada", body), Sealing([NEW])).problem is not None


def test_another_workspaces_document_does_not_open_here() -> None:
    row = kept()
    moved = Configured(WorkspaceId("cafe"), *KEY[1:], 3, 1.0, "ada", row.document)
    assert opened(moved, Sealing([NEW])).problem is not None


def test_a_new_key_seals_anew_what_the_old_one_did() -> None:
    old, both, new = Sealing([OLD]), Sealing([NEW, OLD]), Sealing([NEW])
    row = kept(sealing=old)
    anew = sealed_anew(row, both)
    assert anew is not None
    row = Configured(*KEY, 3, 1.0, "ada", anew)
    assert opened(row, new).table == TABLE
    assert sealed_anew(row, both) is None
    assert opened(row, old).problem is not None
