"""The tool `remember`: what a person tells of themselves, as far as the bot's configuration declares it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from turnkeeper.llm.calls import ToolReply
from turnkeeper.llm.toolbox import ToolContext, WrongArguments
from turnkeeper.model.llm import ToolSpec
from turnkeeper.rules.facts import Declared, checked, schema

NAME = "remember"
_DESCRIPTION = (
    "Keep what the person has told of themselves, for later conversations too. Only what they have said, never a "
    "guess; null erases what is no longer so, or what they want forgotten."
)


class Remember:
    """Keeps declared facts; they are written when the turn commits."""

    effect: ClassVar[bool] = False

    def __init__(self, declared: Declared) -> None:
        self._declared = declared
        self.spec = ToolSpec(NAME, _DESCRIPTION, schema(declared))

    def check(self, arguments: Mapping[str, Any]) -> None:
        """Raises WrongArguments where nothing of it can be kept."""
        kept, problems = checked(self._declared, arguments)
        if not kept:
            raise WrongArguments("; ".join(problems) or "name at least one fact")

    async def call(self, arguments: Mapping[str, Any], context: ToolContext) -> ToolReply:  # noqa: ARG002 - the port's
        """Keep what is right of it, and say what is not."""
        kept, problems = checked(self._declared, arguments)
        told = [f"{'Forgotten' if value is None else 'Kept'}: {name}." for name, value in kept.items()]
        told += [f"Not kept: {problem}." for problem in problems]
        return ToolReply(" ".join(told), facts=kept, told="; ".join(problems))
