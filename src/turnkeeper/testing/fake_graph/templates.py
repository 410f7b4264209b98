"""Templates: definitions that a test gives or a call creates, and sends held against them.

While there is none, a send of any template is taken. Source: Meta's template and error references.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from turnkeeper.testing.fake_graph.checks import Object, json_object
from turnkeeper.testing.fake_graph.errors import GraphError, parameter_error
from turnkeeper.testing.fake_graph.template_definition import check_definition
from turnkeeper.testing.fake_graph.template_rules import Parameters, check_against, filled
from turnkeeper.testing.http import Reply, Request

if TYPE_CHECKING:
    from turnkeeper.testing.fake_graph.core import Core
    from turnkeeper.testing.fake_graph.payloads import FakeNumber, Json

PAGE: Final = 25
LARGEST_PAGE: Final = 1000
FIELDS: Final = ("name", "parameter_format", "components", "language", "status", "category", "id")
"""Given when none are asked for."""
CODES: Final = {"PAUSED": 132015, "DISABLED": 132016}
"""What a send of a template in this status is refused with; APPROVED is sent, any other is 132001."""

EDITABLE: Final = ("APPROVED", "REJECTED", "PAUSED")


@dataclass(slots=True, kw_only=True)
class TemplateDefinition:
    """One template in one language, in the Graph API's own terms."""

    id: str
    name: str
    language: str
    components: list[Json]
    category: str = "UTILITY"
    status: str = "APPROVED"
    parameter_format: Parameters = "POSITIONAL"
    rejected_reason: str = "NONE"
    quality: str = "UNKNOWN"
    account: str = field(default="")

    def item(self) -> Json:
        return {
            "id": self.id,
            "name": self.name,
            "language": self.language,
            "status": self.status,
            "category": self.category,
            "components": self.components,
            "parameter_format": self.parameter_format,
            "quality_score": {"score": self.quality},
            "rejected_reason": self.rejected_reason,
        }


class Templates:
    """The templates of every account of one fake."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._kept: dict[tuple[str, str, str], TemplateDefinition] = {}

    def add(
        self,
        name: str,
        language: str = "en_US",
        *,
        body: str = "Hello",
        header: str | None = None,
        footer: str | None = None,
        buttons: Sequence[Json] = (),
        components: list[Json] | None = None,
        category: str = "UTILITY",
        status: str = "APPROVED",
        account: str | None = None,
    ) -> TemplateDefinition:
        """Define a template. `header` is its text, or IMAGE, VIDEO, DOCUMENT, LOCATION.

        `components`, as the API has them, take the place of the words. From the first one on, a send of an
        unknown template is refused.
        """
        if components is None:
            components = _components(header, body, footer, buttons)
        waba_id = account or self._core.first_number.waba_id
        return self._keep(waba_id, name, language, components, category, status)

    def get(self, name: str, language: str = "en_US", account: str | None = None) -> TemplateDefinition:
        """Raises KeyError if there is none."""
        return self._kept[(account or self._core.first_number.waba_id, name, language)]

    def by_id(self, template_id: str) -> TemplateDefinition | None:
        return next((each for each in self._kept.values() if each.id == template_id), None)

    def review(self, name: str, status: str, language: str = "en_US", reason: str | None = None) -> None:
        """Meta decides: APPROVED, REJECTED, PAUSED, DISABLED …; a webhook tells."""
        template = self.get(name, language)
        template.status = status
        template.rejected_reason = reason or "NONE"
        self._tell_status(template, reason=reason)

    def rate(self, name: str, quality: str, language: str = "en_US") -> None:
        """People have judged it: GREEN, YELLOW or RED, which pauses it for 3 hours; webhooks tell."""
        template = self.get(name, language)
        before, template.quality = template.quality, quality
        value = {"previous_quality_score": before, "new_quality_score": quality, **_named(template)}
        self._core.tell_field("message_template_quality_update", value)
        if quality == "RED":
            template.status = "PAUSED"
            other = {"title": "FIRST_PAUSE", "description": "Because of its quality it is paused for 3 hours."}
            self._tell_status(template, reason="NONE", other_info=other)

    def recategorize(self, name: str, category: str, language: str = "en_US") -> None:
        """Meta finds that it belongs elsewhere; a webhook tells."""
        template = self.get(name, language)
        before, template.category = template.category, category
        value = {"previous_category": before, "new_category": category, **_named(template)}
        self._core.tell_field("template_category_update", value)

    def _tell_status(self, template: TemplateDefinition, **more: Any) -> None:
        value = {"event": template.status, **_named(template), "message_template_category": template.category, **more}
        self._core.tell_field("message_template_status_update", value)

    # Sending

    def check_send(self, number: FakeNumber, payload: Object) -> None:
        """Raise what Meta answers if this template cannot be sent like this."""
        if not self._kept:
            return
        name, language = payload["name"], payload["language"]["code"]
        template = self._kept.get((number.waba_id, name, language))
        if template is not None and template.status in CODES:
            raise GraphError(CODES[template.status])
        if template is None or template.status != "APPROVED":
            raise GraphError(132001, f"template name ({name}) does not exist in {language}")
        check_against(template.components, template.parameter_format, template.category, payload)

    def shown(self, number: FakeNumber, payload: Object) -> str:
        """The body as the person reads it; the name where the definition is not known."""
        template = self._kept.get((number.waba_id, payload["name"], payload["language"]["code"]))
        if template is None:
            return f"[template {payload['name']}]"
        body = next(each for each in template.components if each["type"] == "BODY")
        return filled(body["text"], payload, "body")

    # HTTP

    def answer(self, request: Request, waba_id: str) -> Reply:
        """/{waba_id}/message_templates."""
        match request.method:
            case "GET":
                return self._list(request, waba_id)
            case "DELETE":
                return self._delete(request, waba_id)
        return self._create(request, waba_id)

    def one(self, request: Request, template: TemplateDefinition) -> Reply:
        """/{template_id}."""
        if request.method == "POST":
            return self._edit(request, template)
        return Reply.json(200, _chosen(template, request.query.get("fields")))

    def _edit(self, request: Request, template: TemplateDefinition) -> Reply:
        """All components are replaced, and reviewed anew."""
        body = json_object(request.body)
        if template.status not in EDITABLE:
            raise parameter_error("Only approved, rejected or paused templates can be edited.")
        if template.status == "APPROVED" and body.get("category", template.category) != template.category:
            raise parameter_error("The category of an approved template cannot be changed.")
        named = {"name": template.name, "language": template.language, "category": template.category}
        _, _, template.category, template.components = check_definition({**named, **body})
        template.status = "PENDING"
        return Reply.json(200, {"success": True})

    def _list(self, request: Request, waba_id: str) -> Reply:
        query = request.query
        limit = _number(query.get("limit", str(PAGE)), "limit")
        if not 1 <= limit <= LARGEST_PAGE:
            raise parameter_error(f"Param limit must be a number from 1 to {LARGEST_PAGE}.")
        found = [each for each in self._kept.values() if each.account == waba_id and _fits(each, query)]
        start = _place(query["after"]) if "after" in query else 0
        page = found[start : start + limit]
        answer: Json = {"data": [_chosen(each, query.get("fields")) for each in page]}
        if page:
            answer["paging"] = {"cursors": {"before": _cursor(start), "after": _cursor(start + len(page))}}
            if start + limit < len(found):
                after = answer["paging"]["cursors"]["after"]
                answer["paging"]["next"] = f"{request.base_url}{request.path}?limit={limit}&after={after}"
        return Reply.json(200, answer)

    def _create(self, request: Request, waba_id: str) -> Reply:
        body = json_object(request.body)
        name, language, category, components = check_definition(body)
        if (waba_id, name, language) in self._kept:
            raise GraphError(100, message="Invalid parameter", subcode=2388024)
        template = self._keep(waba_id, name, language, components, category, "PENDING")
        return Reply.json(200, {"id": template.id, "status": template.status, "category": template.category})

    def _delete(self, request: Request, waba_id: str) -> Reply:
        name = request.query.get("name", "")
        hsm_id = request.query.get("hsm_id")
        gone = [
            key
            for key, each in self._kept.items()
            if key[:2] == (waba_id, name) and (hsm_id is None or each.id == hsm_id)
        ]
        if not gone:
            raise parameter_error("The message template does not exist.")
        for key in gone:
            del self._kept[key]
        return Reply.json(200, {"success": True})

    def _keep(
        self, waba_id: str, name: str, language: str, components: list[Json], category: str, status: str
    ) -> TemplateDefinition:
        named = any(re.search(r"\{\{[a-z_]", str(each.get("text", ""))) for each in components)
        template = TemplateDefinition(
            id=self._core.next_object_id(),
            name=name,
            language=language,
            components=components,
            category=category,
            status=status,
            parameter_format="NAMED" if named else "POSITIONAL",
            account=waba_id,
        )
        self._kept[(waba_id, name, language)] = template
        return template


def _named(template: TemplateDefinition) -> Json:
    return {
        "message_template_id": int(template.id),
        "message_template_name": template.name,
        "message_template_language": template.language,
    }


def _components(header: str | None, body: str, footer: str | None, buttons: Sequence[Json]) -> list[Json]:
    found: list[Json] = []
    if header in ("IMAGE", "VIDEO", "DOCUMENT", "LOCATION"):
        found.append({"type": "HEADER", "format": header})
    elif header is not None:
        found.append({"type": "HEADER", "format": "TEXT", "text": header})
    found.append({"type": "BODY", "text": body})
    if footer is not None:
        found.append({"type": "FOOTER", "text": footer})
    if buttons:
        found.append({"type": "BUTTONS", "buttons": list(buttons)})
    return found


def _fits(template: TemplateDefinition, query: Mapping[str, str]) -> bool:
    """Comma lists, but for `name`, of which a part is enough."""
    for name, value in (("status", template.status), ("category", template.category), ("language", template.language)):
        if name in query and value not in query[name].split(","):
            return False
    return query.get("name", "") in template.name


def _chosen(template: TemplateDefinition, fields: str | None) -> dict[str, Any]:
    wanted = set(fields.split(",")) if fields else set(FIELDS)
    return {name: value for name, value in template.item().items() if name in wanted or name == "id"}


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(str(place).encode()).decode().rstrip("=")


def _place(cursor: str) -> int:
    try:
        return _number(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii"), "after")
    except ValueError:
        raise parameter_error("Param after is not a cursor.") from None


def _number(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise parameter_error(f"Param {name} must be a number.")
    return int(text)
