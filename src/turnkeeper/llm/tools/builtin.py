"""Tools that every agent may have by their name in `tools`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from turnkeeper.llm.calls import ToolReply
from turnkeeper.llm.toolbox import ToolContext, WrongArguments
from turnkeeper.model.llm import ToolSpec

_LONGEST_REASON = 500


class Handover:
    """`handover`: a person goes on once the turn's words are out."""

    effect: ClassVar[bool] = False
    spec: ClassVar[ToolSpec] = ToolSpec(
        "handover",
        "Let a colleague, a human, go on with this conversation: if the person asks for one, or if you cannot help. "
        "After this, tell the person that a colleague will get back to them.",
        {
            "type": "object",
            "properties": {"reason": {"type": "string", "description": "Why, in a few words for the colleague."}},
            "required": ["reason"],
            "additionalProperties": False,
        },
    )

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raises WrongArguments without a reason."""
        if not isinstance(arguments.get("reason"), str) or not arguments["reason"].strip():
            raise WrongArguments("reason: a text is needed")

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolReply:  # noqa: ARG002 - the port's
        """Note the reason."""
        reason = arguments["reason"].strip()[:_LONGEST_REASON]
        return ToolReply("A colleague will go on. Tell the person so, in their language.", handover=reason)
