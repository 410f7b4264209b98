"""The API's description as it is kept in docs/openapi.json, from which the console's client is made."""

import json
from hashlib import sha256
from typing import Any

from turnkeeper.web.api.site import build_api, description


def written() -> str:
    """The OpenAPI document of all routers, laid out so that changes to it can be read."""
    nothing: Any = None  # nobody asks it
    return json.dumps(description(build_api(nothing)), indent=1, ensure_ascii=False) + "\n"


def digest(document: str) -> str:
    """What the client's first line says it was made from."""
    return sha256(document.encode()).hexdigest()[:32]
