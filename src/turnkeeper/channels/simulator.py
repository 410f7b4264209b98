"""A kind of channel that stands for another: the same limits and markup, and no provider. Every send is accepted.

What a person does comes by the API, files are kept before anybody asks for them, and whoever looks at the page has
read what is there.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Any

from turnkeeper.channels.base import Calls, ChannelAdapter, Fetched, Forbidden
from turnkeeper.model.events import Media, Received
from turnkeeper.model.http import HttpCall, HttpReply, Webhook
from turnkeeper.model.outbound import Accepted, NotSent, Outbound, Outcome
from turnkeeper.model.simulated import KIND


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """There is nothing to set."""


class Simulator:
    """The adapter that stands for a kind."""

    def __init__(self, kind: str, real: ChannelAdapter[Any]) -> None:
        self.kind = f"{KIND}{kind}"
        self.capabilities = replace(
            real.capabilities,
            typing_refresh=None,
            tracks_sends=False,
            on_unknown="never_resend",
            per_second=None,
            per_contact=None,
            per_group=None,
            sends_files=True,
            fetches_links=False,
            confirms="accepted",
        )

    def verify(self, request: Webhook, config: object) -> None:  # noqa: ARG002 - the port's
        """Nobody sends webhooks here."""
        raise Forbidden("a simulated channel has no webhook")

    def parse(self, request: Webhook, config: object) -> list[Received]:  # noqa: ARG002 - the port's
        """Nothing."""
        return []

    def send(self, outbound: Outbound, config: object) -> Calls[Outcome]:  # noqa: ARG002 - the port's
        """Taken, under an id of ours."""
        uploaded = tuple((key, f"simulated.{key[:16]}") for key in outbound.files)
        return _at_once(Accepted(f"simulated.{outbound.tracker}", uploaded))

    def typing(self, addresses: tuple[str, ...], message_id: str, config: object) -> Calls[None]:  # noqa: ARG002
        """The page sees it by the turn."""
        return _at_once(None)

    def fetch_media(self, file: Media, config: object) -> Calls[Fetched]:  # noqa: ARG002 - the port's
        """It is kept already, or will be at once."""
        return _at_once(NotSent("the file is on its way"))


def _at_once(result: Any) -> Generator[HttpCall, HttpReply, Any]:
    """No call is made."""
    yield from ()
    return result
