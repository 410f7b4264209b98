"""A provider that can be asked: what became of a send, whether the account works, what was missed."""

import json
from typing import Any

from tests.engine.rig import now
from turnkeeper.channels.base import Calls
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloud
from turnkeeper.model.events import Received, SessionStatus
from turnkeeper.model.outbound import NotSent, Outbound, Outcome

SCAN = SessionStatus(status="SCAN_QR_CODE", works=False, mend="Scan the code.")
WORKS = SessionStatus(status="WORKING", works=True)


class Gateway(WhatsAppCloud):
    """Answers as the lists say, the last entry for ever; `asked` tells when, and of which try."""

    def __init__(self, *fates: Outcome | None) -> None:
        self.fates = list(fates)
        self.asked: list[tuple[float, int]] = []

    def send(self, outbound: Outbound, config: Any) -> Calls[Outcome]:
        calls = super().send(outbound, config)
        reply = yield next(calls)
        if reply.status == 422:
            told = json.loads(reply.body)["status"]
            return NotSent("Scan the code.", scope="session", code=told)
        try:
            calls.send(reply)
        except StopIteration as done:
            outcome: Outcome = done.value
            return outcome
        raise AssertionError("a text is one call")

    def resolve(self, outbound: Outbound, config: Any) -> Calls[Outcome | None]:  # noqa: ARG002
        self.asked.append((round(now(), 1), outbound.tries))
        yield from ()
        return self.fates.pop(0) if len(self.fates) > 1 else self.fates[0]


class Accountable(Gateway):
    """Has a session too. `sessions` and `missing` are answered in turn, the last for ever."""

    def __init__(self) -> None:
        super().__init__(None)
        self.sessions: list[SessionStatus | NotSent] = [WORKS]
        self.missing: list[list[Received] | NotSent] = [[]]
        self.looked: list[float] = []
        self.read_from: list[float] = []

    def session(self, config: Any) -> Calls[SessionStatus | NotSent]:  # noqa: ARG002
        self.looked.append(now())
        yield from ()
        return self.sessions.pop(0) if len(self.sessions) > 1 else self.sessions[0]

    def missed(self, since: float, config: Any) -> Calls[list[Received] | NotSent]:  # noqa: ARG002
        self.read_from.append(since)
        yield from ()
        return self.missing.pop(0) if len(self.missing) > 1 else self.missing[0]
