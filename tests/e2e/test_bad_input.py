"""What strangers and faulty providers send over HTTP: never a 500, never a lost neighbour, nothing stored unproven."""

import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.real_server import Server, configure, connect, provider, serving
from tests.e2e.scenarios import Stage, scenario
from tests.e2e.town import Town, told
from tests.web.provider import signed

HOOK = "/webhooks/whatsapp_cloud"
SECRET = "secret"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Town]]:
    """A server for all that is only asked over HTTP."""
    folder = tmp_path_factory.mktemp("shop")
    with provider() as running:
        configure(folder, running, quiet=0.1)
        with serving(folder) as server:
            connect(running, server)
            yield server, Town(running)


def text(phone: str, message_id: str, body: str) -> dict[str, Any]:
    now = str(int(time.time()))
    return {"from": phone, "id": message_id, "timestamp": now, "type": "text", "text": {"body": body}}


def value(*messages: object, **more: object) -> dict[str, object]:
    metadata = {"display_phone_number": "15550001111", "phone_number_id": "1000000001"}
    return {"messaging_product": "whatsapp", "metadata": metadata, "messages": list(messages), **more}


def body_of(*changes: object) -> bytes:
    entry = {"id": "2000000001", "changes": list(changes)}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def change(*messages: object, **more: object) -> dict[str, object]:
    return {"field": "messages", "value": value(*messages, **more)}


GOOD = body_of(change(text("15550000000", "wamid.unproven", "hello")))
NOT_PROVEN = [
    ("no signature", {}),
    ("an empty one", {"x-hub-signature-256": ""}),
    ("another secret's", signed(GOOD, "other")),
    ("of another body", signed(GOOD + b" ", SECRET)),
    ("of another kind", {"x-hub-signature": "sha1=" + "0" * 40}),
    ("without its prefix", {"x-hub-signature-256": signed(GOOD, SECRET)["x-hub-signature-256"][7:]}),
    ("not ASCII", {"x-hub-signature-256": "sha256=" + "\xe9" * 64}),
    ("far too long", {"x-hub-signature-256": "sha256=" + "0" * 20_000}),
]


def test_nothing_that_is_not_proven_is_kept(shop: tuple[Server, Town]) -> None:
    server, _ = shop
    before = server.ledger()
    answers = {label: server.post(HOOK, GOOD, headers) for label, headers in NOT_PROVEN}
    assert answers == {label: 401 for label, _ in NOT_PROVEN}
    assert server.ledger() == before


NOT_OURS = [
    ("nothing", b"", 400),
    ("not JSON", b"Salam", 400),
    ("half of it", GOOD[:-10], 400),
    ("a list", b"[]", 400),
    ("null", b"null", 400),
    ("an empty object", b"{}", 400),
    ("another provider's", b'{"object":"page","entry":[]}', 400),
    ("another provider's update", b'{"update_id":1,"message":{"text":"hi"}}', 400),
    ("entries of the wrong type", b'{"object":"whatsapp_business_account","entry":7}', 200),
    ("lists in lists", b"[" * 200_000, 400),
    ("objects in objects", b'{"object":' * 100_000 + b"1" + b"}" * 100_000, 400),
    ("invalid UTF-8", b'"\xff"', 400),
    ("a number without end", b'{"object":' + b"9" * 1_000_000 + b"}", 400),
    ("over 3 MB", GOOD + b" " * (3 * 1024 * 1024), 413),
    ("zeros", bytes(1000), 400),
]


def test_bodies_that_are_not_the_providers(shop: tuple[Server, Town]) -> None:
    """What says that it is the provider's and is not is taken, to be seen in the ledger."""
    server, _ = shop
    before = server.ledger()
    answers = {label: server.post(HOOK, body, signed(body, SECRET)) for label, body, _ in NOT_OURS}
    assert answers == {label: expected for label, _, expected in NOT_OURS}
    after = server.ledger()
    assert (after["accepted"], after["states"]["unreadable"]) == (
        before["accepted"] + 1,
        before["states"]["unreadable"] + 1,
    )


ODD: list[tuple[str, Any, str | None]] = [
    ("null", None, "unreadable"),
    ("a number", 7, "unreadable"),
    ("a list", [], "unreadable"),
    ("an empty object", {}, "unreadable"),
    ("no sender", {"id": "wamid.odd.1", "type": "text", "text": {"body": "hi"}}, "unreadable"),
    ("no text", text("15550009999", "wamid.odd.2", "x") | {"text": None}, "unreadable"),
    ("a type of the wrong type", text("15550009999", "wamid.odd.3", "x") | {"type": [1]}, "unreadable"),
    ("an unknown type", text("15550009999", "wamid.odd.4", "x") | {"type": "hologram"}, None),
    ("a time that is none", text("15550009999", "wamid.odd.5", "x") | {"timestamp": "soon"}, None),
    ("a time beyond all time", text("15550009999", "wamid.odd.6", "x") | {"timestamp": "9" * 400}, None),
    ("half a character", text("15550009999", "wamid.odd.7", "\ud800"), None),
    ("zeros in the text", text("15550009999", "wamid.odd.8", "a\x00b"), None),
    ("a very long id", text("15550009999", "wamid." + "x" * 100_000, "x"), "unreadable"),
    ("a very long text", text("15550009999", "wamid.odd.9", "x" * 20_000), None),
    ("deep inside", text("15550009999", "wamid.odd.10", "x") | {"referral": json.loads("[" * 400 + "]" * 400)}, None),
]


def test_a_message_that_cannot_be_read_costs_no_neighbour(shop: tuple[Server, Town]) -> None:
    server, town = shop
    before = server.settled()["states"]["unreadable"]
    answers = {}
    for number, (label, odd, _) in enumerate(ODD):
        phone = town.person(label).identity.phone
        assert phone is not None
        neighbours = [text(phone, f"wamid.near.{number}.{side}", f"{label} {side}") for side in ("before", "after")]
        body = body_of(5, change(neighbours[0], odd), change(neighbours[1]), {"field": "soup"})
        answers[label] = server.post(HOOK, body, signed(body, SECRET))
        _wrote(town, label)
    assert answers == {label: 200 for label, _, _ in ODD}
    wanted = {label: [f"{label} before", f"{label} after"] for label, _, _ in ODD}
    town.wait(lambda: {label: told(town.person(label)) for label in wanted} == wanted)
    # Beside the odd messages there are two unreadable changes, the same each time, and so counted once.
    expected = sum(state == "unreadable" for _, _, state in ODD) + 2
    assert server.settled()["states"]["unreadable"] - before == expected
    assert "Traceback" not in server.log()


def _wrote(town: Town, name: str) -> None:
    """Open the window for an answer: these messages did not come from the fake's own people."""
    thread = town.person(name).thread()
    thread.wrote_at = time.time()


def test_other_methods_and_addresses(shop: tuple[Server, Town]) -> None:
    server, _ = shop
    headers = signed(GOOD, SECRET)
    assert server.post("/webhooks/nobody", GOOD, headers) == 404
    assert server.post("/webhooks/", GOOD, headers) == 404
    assert server.get(HOOK)[0] == 403
    assert server.get(f"{HOOK}?hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1")[0] == 403
    assert server.get(f"{HOOK}?hub.mode=subscribe&hub.verify_token=verify&hub.challenge=123") == (200, b"123")
    assert server.get(HOOK + "?" + "hub.mode=x&" * 1000)[0] == 403


RAW = [
    ("not HTTP", b"Salam\r\n\r\n", (b"HTTP/1.1 400", b"")),
    ("a length that is none", b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-length: soon\r\n\r\n", (b"HTTP/1.1 400", b"")),
    ("two lengths", b"POST %s HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n", (b"HTTP/1.1 400", b"")),
    ("headers without end", b"POST %s HTTP/1.1\r\n" + b"x-a: " + b"a" * 200_000, (b"HTTP/1.1 4", b"")),
    ("a wrong chunk", b"POST %s HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", (b"HTTP/1.1 4", b"")),
    ("gone after half of it", b"POST %s HTTP/1.1\r\nhost: x\r\ncontent-length: 99\r\n\r\nhalf", (b"HTTP/1.1 4", b"")),
]


def test_connections_that_talk_nonsense_or_go_away(shop: tuple[Server, Town]) -> None:
    server, _ = shop
    for label, sent, allowed in RAW:
        got = spoken(server, sent.replace(b"%s", HOOK.encode()))
        assert any(got.startswith(start) if start else not got for start in allowed), (label, got)
        assert b" 500 " not in got, label
    assert server.get("/health")[0] == 200


def connection(server: Server) -> socket.socket:
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def spoken(server: Server, sent: bytes) -> bytes:
    """What is answered to these bytes, and the end of our side."""
    with connection(server) as line:
        try:
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
            return heard(line)
        except OSError:  # it is cut off while it still talks
            return b""


def heard(line: socket.socket) -> bytes:
    got = b""
    while chunk := line.recv(65536):
        got += chunk
    return got


@scenario
def test_slow_senders_are_cut_off_and_hold_up_nobody(stage: Stage) -> str:
    town = stage.town
    configure(stage.folder, town.running, quiet=0.1)
    with serving(stage.folder) as server:
        connect(town.running, server)
        body = body_of(change(text("15550000000", "wamid.slow", "slow")))
        head = f"POST {HOOK} HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n".encode()
        proof = f"x-hub-signature-256: {signed(body, SECRET)['x-hub-signature-256']}\r\n\r\n".encode()
        slow = [connection(server) for _ in range(60)]
        for number, line in enumerate(slow):
            line.sendall((head, head + proof, head + proof + body[: number + 1])[number % 3])
        began = time.monotonic()
        town.write("ada", "I am quick")
        town.until_answered()
        answered = time.monotonic() - began
        ends = []
        for line in slow:
            try:
                ends.append(heard(line)[:12])
            except ConnectionResetError:
                ends.append(b"")
            line.close()
        took = time.monotonic() - began
        assert set(ends) == {b"", b"HTTP/1.1 408"}, ends
        assert answered < 5
        assert took < 18
        town.judge(server)
    return f"answered in {answered:.2f} s beside 60 slow senders, who were cut off after {took:.1f} s"
