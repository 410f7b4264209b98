"""Secrets of what is made in the console: sealed before they are kept, and good in one place only.

AES-256-GCM; what a value is of (workspace, kind, name, field) goes into its seal, so that a value copied to another
place does not open there. Of several keys the first one seals, and each opens what it sealed.

SealError
├── KeyTooShort     what is given as a key is none
└── NotOpened       none of our keys sealed it, or it was sealed for another place
"""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from turnkeeper.model.errors import TurnkeeperError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SHORTEST = 32
"""Characters of a key at least: `openssl rand -hex 32` gives 64."""
SEALED = "sealed"
_ENDING = "ending"
_NONCE = 12
_ID_LENGTH = 8
_SHOWN = 4
_SHOWN_FROM = 20
"""Characters that a secret has at least whose end is shown."""


class SealError(TurnkeeperError):
    """A secret cannot be sealed or opened."""


class KeyTooShort(SealError):
    """A key that could be guessed."""


class NotOpened(SealError):
    """A value that our keys do not open in this place."""


class Place(NamedTuple):
    """What a sealed value is of. `field`: its key in the document; in a table of its own, `table.key`."""

    workspace_id: str
    kind: str
    name: str
    field: str


class Sealing:
    """Seals with the first of some keys, opens with any. Raises KeyTooShort."""

    def __init__(self, texts: Sequence[str]) -> None:
        if not texts or any(len(each) < SHORTEST for each in texts):
            raise KeyTooShort(f"a secret key has {SHORTEST} characters or more")
        keys = [sha256(b"turnkeeper secret key\0" + each.encode()).digest() for each in texts]
        self._keys = {_id_of(key): key for key in keys}
        self.key_id = _id_of(keys[0])
        """Names the key that seals; tells nothing of it."""

    @classmethod
    def of_text(cls, text: str) -> Sealing:
        """Of keys with spaces or line breaks between, the newest first."""
        return cls(text.split())

    def seal(self, value: str, place: Place) -> dict[str, str]:
        """What is kept instead of a value."""
        nonce = os.urandom(_NONCE)
        whole = nonce + _cipher(self._keys[self.key_id]).encrypt(nonce, value.encode(), _bound(place))
        sealed = {SEALED: f"{self.key_id}.{urlsafe_b64encode(whole).decode('ascii')}"}
        return sealed | ({_ENDING: value[-_SHOWN:]} if len(value) >= _SHOWN_FROM else {})

    def open(self, sealed: Mapping[str, object], place: Place) -> str:
        """The value; raises NotOpened."""
        from cryptography.exceptions import InvalidTag

        id_, _, text = str(sealed.get(SEALED)).partition(".")
        key = self._keys.get(id_)
        if key is None:
            raise NotOpened(f"it was sealed with another key ({id_[:_ID_LENGTH]}) than this server has")
        try:
            whole = urlsafe_b64decode(text)
            return _cipher(key).decrypt(whole[:_NONCE], whole[_NONCE:], _bound(place)).decode()
        except (InvalidTag, ValueError):
            raise NotOpened("it was changed, or sealed for another place") from None

    def is_current(self, sealed: Mapping[str, object]) -> bool:
        """Whether the key that seals now sealed it."""
        return str(sealed.get(SEALED)).startswith(f"{self.key_id}.")


def is_sealed(value: object) -> bool:
    """Whether a value of a document is a sealed one."""
    return isinstance(value, dict) and set(value) <= {SEALED, _ENDING} and isinstance(value.get(SEALED), str)


def ending(value: Mapping[str, object]) -> str:
    """The last characters of a sealed value, where they may be shown; else nothing."""
    return str(value.get(_ENDING, ""))


def _bound(place: Place) -> bytes:
    return json.dumps(place).encode()


def _id_of(key: bytes) -> str:
    return sha256(b"turnkeeper key id\0" + key).hexdigest()[:_ID_LENGTH]


def _cipher(key: bytes) -> AESGCM:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)
