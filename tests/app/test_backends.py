"""The doctor tells a backend that is away from one that refuses the key."""

import httpx2
import pytest

from turnkeeper.app.backends import examine_backend
from turnkeeper.config.remote import RemoteKeys
from turnkeeper.engine.http import Client
from turnkeeper.testing.fake_ansari import Call, FakeAnsari, Fault
from turnkeeper.testing.http import Reply, Request
from turnkeeper.testing.loopback import InProcess

ANSARI = {"kind": "remote", "preset": "ansari", "base_url": "http://ansari.test", "api_key": "sesame"}
PLAIN = {"kind": "remote", "base_url": "http://chat.test", "paths": {"message": "POST /chat"}}


class Elsewhere:
    """Something else listens there."""

    base_url = ""

    async def answer(self, request: Request) -> Reply:
        return Reply.json(404, {"asked": request.path})

    async def aclose(self) -> None: ...


def ansari(*faults: Fault, key: str = "sesame") -> InProcess:
    fake = FakeAnsari(key)
    fake.faults.extend(faults)
    return InProcess(fake)


def away(_: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("refused")


LOOKS = [
    ("all is well", ANSARI, ansari(), "ok", "answers and takes the key"),
    ("another key", ANSARI, ansari(key="other"), "broken", "refuses the key (401)"),
    ("away", ANSARI, httpx2.MockTransport(away), "broken", "cannot be reached"),
    ("broken", ANSARI, ansari(Fault("exists", "status", status=502)), "broken", "answers with status 502"),
    ("hangs up", ANSARI, ansari(Fault("exists", "close")), "broken", "does not answer"),
    ("a web page", ANSARI, ansari(Fault("exists", "page")), "broken", "no JSON"),
    ("something else", ANSARI, InProcess(Elsewhere()), "broken", "has no such call"),
    ("nothing harmless to ask", PLAIN, InProcess(Elsewhere()), "ok", "the key is tried with the first message"),
    ("away, nothing harmless to ask", PLAIN, httpx2.MockTransport(away), "broken", "cannot be reached"),
]


@pytest.mark.parametrize("label, keys, transport, state, said", LOOKS, ids=[row[0] for row in LOOKS])
async def test_a_backend_is_examined(
    label: str, keys: dict[str, object], transport: httpx2.AsyncBaseTransport, state: str, said: str
) -> None:
    client = Client(transport=transport)
    link = await examine_backend("front", RemoteKeys.model_validate(keys), client)
    await client.close()
    assert (link.link, link.state) == ("bot front", state)
    assert said in link.detail
    assert bool(link.mend) == (state == "broken")
    assert "sesame" not in f"{link.detail}{link.mend}"


async def test_it_registers_nobody() -> None:
    fake = FakeAnsari("sesame")
    client = Client(transport=InProcess(fake))
    await examine_backend("front", RemoteKeys.model_validate(ANSARI), client)
    await client.close()
    calls: list[Call] = [each.call for each in fake.asked]
    assert (calls, fake.users, fake.threads) == (["exists"], {}, {})
