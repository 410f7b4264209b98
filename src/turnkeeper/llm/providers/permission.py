"""Whether models outside this machine may be asked at all: in tests they may not.

The word is in the environment, so that processes which a test starts obey it too.
"""

from __future__ import annotations

import ipaddress
import os
from typing import Final
from urllib.parse import urlsplit

VARIABLE: Final = "TURNKEEPER_FORBID_REAL_MODELS"


class RealModelForbidden(RuntimeError):
    """A test tried to ask a real model. It is no ModelError, so no chain of models can hide it."""


def forbid() -> None:
    """From now on, in this process and those that it starts, only models on this machine are asked."""
    os.environ[VARIABLE] = "1"


def check(address: str) -> None:
    """Raise RealModelForbidden where real models are forbidden and the address is not this machine's."""
    if os.environ.get(VARIABLE, "") in ("", "0"):
        return
    host = urlsplit(address).hostname or ""
    if not _here(host):
        raise RealModelForbidden(f"{host}: real models are not asked in tests ({VARIABLE})")


def _here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
