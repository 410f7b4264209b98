"""What a turn says: words, any other content, templates, reactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from turnkeeper.bots.saying import latest_message, reaction_to, sayable
from turnkeeper.bots.templating import Buttons, Header, checked, templated
from turnkeeper.engine.answer import Work
from turnkeeper.model.contents import Reply
from turnkeeper.model.events import Inbound


class SpeakingTurn:
    """The part of a Turn that speaks."""

    events: tuple[Inbound, ...]
    _work: Work

    def __init__(self, work: Work) -> None:
        super().__init__(work)  # type: ignore[call-arg] # the next part of the turn
        self._replies: list[Reply] = []

    async def reply(self, said: Reply, *, quote: bool = False, reply_to: str | None = None) -> None:
        """Say something when the turn commits: Markdown, of which long texts are split, or any other content.

        `quote`: over it stands the contact's latest message, if the turn has one; `reply_to`: the message with that
        id. Raises TypeError and ValueError for what no channel could say.
        """
        self._replies.append(await checked(self._work, sayable(said, self._quoted(quote, reply_to))))

    async def template(
        self,
        name: str,
        language: str,
        *,
        body: Sequence[str] = (),
        named: Mapping[str, str] | None = None,
        header: Header | None = None,
        buttons: Buttons = (),
    ) -> None:
        """Say a template that the provider has approved, when the turn commits: outside the window too.

        `body`: its values in order, or `named`: by name; `header`: words, a file or a place; `buttons`: a value for
        each button that takes one, in order, or TemplateButton. Raises ValueError where they do not fit what is known
        of the template, and TypeError for what is no value.
        """
        self._replies.append(await templated(self._work, name, language, body, named, header, buttons))

    async def say_now(self, said: Reply, *, quote: bool = False, reply_to: str | None = None) -> None:
        """Say something at once, otherwise as `reply`. From here on newer messages wait for the next turn."""
        await self._work.say_now(await checked(self._work, sayable(said, self._quoted(quote, reply_to))))

    async def react(self, emoji: str, message_id: str | None = None) -> None:
        """Put an emoji under the contact's latest message, or under another, when the turn commits; `""` takes it
        away. Raises ValueError where there is no message, or no emoji."""
        self._replies.append(reaction_to(message_id or latest_message(self.events), emoji))

    def _quoted(self, quote: bool, reply_to: str | None) -> str | None:
        return reply_to or (latest_message(self.events) if quote else None)
