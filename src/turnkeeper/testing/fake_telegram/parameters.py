"""What a method is called with: a query, JSON, a form, or a form with files; and reading it as Telegram does."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from turnkeeper.testing.fake_graph.multipart import BadForm, Part, parse_form
from turnkeeper.testing.fake_telegram.errors import bad

if TYPE_CHECKING:
    from turnkeeper.testing.http import Request

Json = dict[str, Any]


@dataclass(slots=True)
class Parameters:
    """Values by name; forms have text only, so that objects in them are JSON."""

    values: Json
    files: dict[str, Part] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) not in (None, "")

    def text(self, name: str, default: str = "") -> str:
        """A text; Telegram takes numbers for one."""
        value = self.values.get(name, default)
        if isinstance(value, dict | list):
            bad(f'field "{name}" must be of type String')
        return default if value is None else value if isinstance(value, str) else json.dumps(value)

    def whole(self, name: str, default: int = 0) -> int:
        """A number."""
        value = self.values.get(name)
        if value is None or value == "":
            return default
        try:
            return int(value)
        except (TypeError, ValueError):
            bad(f'field "{name}" must be a valid Number')

    def number(self, name: str) -> float:
        """A number with a fraction, which has to be there."""
        try:
            return float(self.values[name])
        except (KeyError, TypeError, ValueError):
            bad(f'{name} must be a valid "Float"')

    def flag(self, name: str) -> bool:
        """True or false."""
        return self.values.get(name) in (True, "true", "True", "1", 1)

    def object(self, name: str) -> Json | None:
        """An object; in forms as JSON."""
        value = self._parsed(name)
        if value is not None and not isinstance(value, dict):
            bad(f"can't parse {name.replace('_', ' ')}: object expected as {name}")
        return value

    def array(self, name: str) -> list[Any] | None:
        """An array; in forms as JSON."""
        value = self._parsed(name)
        if value is not None and not isinstance(value, list):
            bad(f"can't parse {name.replace('_', ' ')}: Expected an array")
        return value

    def _parsed(self, name: str) -> Any:
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        if not value:
            return None
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            bad(f"can't parse {name.replace('_', ' ')} JSON object")


def read(request: Request) -> Parameters:
    """Everything that a request brings. Raises Refusal."""
    values: Json = dict(request.query)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "GET" or not request.body:
        return Parameters(values)
    if kind == "application/json":
        try:
            body = json.loads(request.body)
        except (ValueError, RecursionError):
            bad("can't parse JSON object")
        if not isinstance(body, dict):
            bad("object expected")
        return Parameters({**values, **body})
    if kind == "multipart/form-data":
        try:
            form = parse_form(request.headers["content-type"], request.body)
        except BadForm as why:
            bad(f"can't parse the form: {why}")
        texts = {name: part.text for name, part in form.items() if part.filename is None}
        return Parameters({**values, **texts}, {name: part for name, part in form.items() if part.filename is not None})
    return Parameters({**values, **dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))})
