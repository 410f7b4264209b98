"""Coexistence as the fake tells it: echoes, history and contacts, in the shapes of Meta's references."""

from typing import Any

import pytest

from tests.testing.business import NUMBER, World, message
from turnkeeper.testing.fake_graph import Person

META = {
    "messaging_product": "whatsapp",
    "metadata": {"display_phone_number": NUMBER.display_phone_number, "phone_number_id": NUMBER.phone_number_id},
}


async def told(world: World, field: str) -> list[Any]:
    await world.fake.drained()
    changes = [change for body in world.business.bodies for entry in body["entry"] for change in entry["changes"]]
    assert all(set(change) == {"field", "value"} for change in changes)
    found = [change["value"] for change in changes if change["field"] == field]
    assert all(value.items() >= META.items() for value in found)
    return [{name: held for name, held in value.items() if name not in META} for value in found]


async def ada_of(world: World) -> Person:
    return await world.fake.person("15551234567", user_id="US.1", name="Ada Lovelace", username="ada")


async def test_the_owner_writes_changes_and_deletes() -> None:
    async with World() as world:
        ada, app = await ada_of(world), world.fake.business_app
        first = app.write(ada, "We are open.", reply_to="wamid.q")
        app.edit(ada, first.id, "We are closed.")
        app.delete(ada, first.id)
        app.send(ada, "image", {"id": "1", "mime_type": "image/jpeg", "sha256": "x"})
        values = await told(world, "smb_message_echoes")
        echoes = [value["message_echoes"][0] for value in values]
        assert echoes[0] == {
            "from": "15550001111",
            "to": "15551234567",
            "to_user_id": "US.1",
            "id": first.id,
            "timestamp": "1800000000",
            "type": "text",
            "text": {"body": "We are open."},
            "context": {"id": "wamid.q"},
        }
        new = {"type": "text", "text": {"body": "We are closed."}}
        assert echoes[1]["edit"] == {"original_message_id": first.id, "message": new}
        assert echoes[2]["revoke"] == {"original_message_id": first.id}
        assert echoes[3]["image"]["id"] == "1"
        assert len({echo["id"] for echo in echoes}) == 4
        assert ada.received[0].by_owner
        assert (await world.post(message())).json()["error"]["code"] == 131047


async def test_history_is_told_in_threads() -> None:
    async with World() as world:
        ada = await ada_of(world)
        bob = await world.fake.person(user_id="US.2", name=None)
        asked = await ada.write("Are you open?")
        await world.clock.advance(10)
        reply = await world.post(message(payload={"body": "Yes"}))
        await world.clock.advance(10)
        picture = await ada.send("image")
        await bob.write("hi")
        await world.clock.advance(10)
        world.fake.business_app.share_history(ada, bob, phase=1, chunk_order=2, progress=55)
        (value,) = await told(world, "history")
        (chunk,) = value["history"]
        assert chunk["metadata"] == {"phase": 1, "chunk_order": 2, "progress": 55}
        assert [thread["id"] for thread in chunk["threads"]] == ["15551234567", "US.2"]
        sender = {"from": "15551234567", "from_user_id": "US.1"}
        assert chunk["threads"][0]["messages"] == [
            {
                **sender,
                "id": asked.id,
                "timestamp": "1800000000",
                "type": "text",
                "text": {"body": "Are you open?"},
                "history_context": {"status": "SENT"},
            },
            {
                "from": "15550001111",
                "id": reply.json()["messages"][0]["id"],
                "timestamp": "1800000010",
                "type": "text",
                "text": {"body": "Yes"},
                "history_context": {"status": "READ"},
            },
            {
                **sender,
                "id": picture.id,
                "timestamp": "1800000020",
                "type": "media_placeholder",
                "history_context": {"status": "SENT"},
            },
        ]


async def test_files_of_the_history_follow() -> None:
    async with World() as world:
        ada = await ada_of(world)
        await ada.write("a text")
        picture = await ada.send("image")
        world.fake.business_app.share_files(ada)
        (value,) = await told(world, "history")
        (item,) = value["messages"]
        assert (item["id"], item["type"], item["image"]) == (picture.id, "image", picture.payload)


async def test_history_may_be_declined() -> None:
    async with World() as world:
        world.fake.business_app.decline_history()
        (value,) = await told(world, "history")
        assert value["history"][0]["errors"][0]["code"] == 2593109


@pytest.mark.parametrize(
    "verb, action, names",
    [
        ("keep_contacts", "add", {"full_name": "Ada Lovelace", "first_name": "Ada"}),
        ("remove_contacts", "remove", {}),
    ],
)
async def test_contacts(verb: str, action: str, names: dict[str, str]) -> None:
    async with World() as world:
        ada = await ada_of(world)
        getattr(world.fake.business_app, verb)(ada)
        (value,) = await told(world, "smb_app_state_sync")
        assert value["state_sync"] == [
            {
                "type": "contact",
                "contact": {"phone_number": "15551234567", "user_id": "US.1", "username": "ada", **names},
                "action": action,
                "metadata": {"timestamp": "1800000000"},
            }
        ]


@pytest.mark.parametrize("kind", ["image", "video", "audio", "document", "sticker"])
async def test_a_sample_file_can_be_fetched_and_sent_back(kind: str) -> None:
    async with World() as world:
        ada = await ada_of(world)
        await ada.send(kind)
        await world.fake.drained()
        (item,) = world.business.messages()
        found = (await world.get(f"/v25.0/{item[kind]['id']}")).json()
        assert found["mime_type"] == item[kind]["mime_type"]
        assert len((await world.get(found["url"])).content) == found["file_size"]
        payload = {"id": item[kind]["id"], **({"voice": True} if kind == "audio" else {})}
        assert (await world.post(message(kind, payload))).status_code == 200
