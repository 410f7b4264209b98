"""Whatever is sent to the fake, it answers, and a refusal is one of Meta's."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.testing.business import TOKEN, World, message
from tests.testing.test_fake_graph_messages import GOOD, with_ids
from tests.testing.test_fake_graph_templates import BODY, URL, button, definition, part, template, text
from turnkeeper.testing.fake_graph.errors import KNOWN

GONE = object()
JUNK = st.one_of(
    st.just(GONE),
    st.none(),
    st.booleans(),
    st.integers(-2, 2**70),
    st.floats(),
    st.sampled_from(["", "²", "{{1}}", "TEXT", "x" * 5000, "\ud800", "IMAGE", [], {}, [{}], {"type": []}, [[]]]),
)
SENDS = [message(kind, payload) for _, kind, payload in GOOD] + [
    template("order", components=[part("header", {"type": "text", "text": "x"}), BODY, button("url", *text("x"))])
]
DEFINED = definition(
    components=[
        {"type": "HEADER", "format": "TEXT", "text": "For {{1}}"},
        {"type": "BODY", "text": "Dear {{1}} and {{2}}!", "example": {}},
        {"type": "FOOTER", "text": "x"},
        {"type": "BUTTONS", "buttons": [{**URL, "example": ["x"]}, {"type": "COPY_CODE", "example": "x"}]},
    ]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to everything within a JSON value."""
    if path:
        yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, held in inner:
        yield from places(held, (*path, key))


def changed(value: Any, path: tuple[Any, ...], junk: Any) -> Any:
    copy = json.loads(json.dumps(value))
    holder = copy
    for key in path[:-1]:
        holder = holder[key]
    if junk is GONE:
        del holder[path[-1]]
    else:
        holder[path[-1]] = junk
    return copy


@st.composite
def spoilt(draw: st.DrawFn, whole: Any) -> Any:
    return changed(whole, draw(st.sampled_from(list(places(whole)))), draw(JUNK))


async def answered(path: str, *bodies: Any) -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        await ada.write("hi")
        world.fake.templates.add("order", header="For {{1}}", body="{{1}} and {{2}}!", buttons=[URL])
        for body in bodies:
            content = json.dumps(with_ids(world, body)).encode()
            headers = {"Authorization": f"Bearer {TOKEN}"}
            reply = await world.client.post(path, content=content, headers=headers)
            if reply.status_code != 200:
                assert reply.json()["error"]["code"] in KNOWN
        await world.clock.advance(1)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SENDS).flatmap(spoilt))
def test_a_send_with_one_thing_wrong_in_it(body: Any) -> None:
    asyncio.run(answered("/v25.0/1000000001/messages", body))


@settings(max_examples=100, deadline=None)
@given(spoilt(DEFINED))
def test_a_template_with_one_thing_wrong_in_it_is_refused_or_can_be_sent(body: Any) -> None:
    async def run() -> None:
        async with World() as world:
            await world.fake.person("15551234567")
            path = "/v25.0/2000000001/message_templates"
            headers = {"Authorization": f"Bearer {TOKEN}"}
            made = await world.client.post(path, content=json.dumps(body).encode(), headers=headers)
            if made.status_code != 200:
                assert made.json()["error"]["code"] in KNOWN
                return
            world.fake.templates.review(body["name"], "APPROVED", body["language"])
            header = part("header", *text("x"))
            sent = template(body["name"], body["language"], [header, BODY, button("url", *text("x"))])
            reply = await world.post(sent)
            assert reply.status_code == 200 or reply.json()["error"]["code"] in KNOWN

    asyncio.run(run())
