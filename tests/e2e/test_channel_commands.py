"""`turnkeeper channel connect` and `test` beside a running server: the whole path is seen, what cannot work is said."""

import asyncio
import os

import pytest

from tests.e2e.real_server import SECRETS, configure, serving, turnkeeper
from tests.e2e.scenarios import Stage, scenario
from turnkeeper.app import trial
from turnkeeper.app.channels import connect
from turnkeeper.app.stops import pause_channel
from turnkeeper.config import load
from turnkeeper.model.contents import Sayable, Template
from turnkeeper.testing.fake_graph import refuse

PHONE = "+1 555 000-0000"


@scenario
def test_a_message_is_followed_to_its_tick(stage: Stage) -> None:
    town = stage.town
    configure(stage.folder, town.running)
    settings = load(stage.folder / "turnkeeper.toml", os.environ | SECRETS)

    def stages(content: Sayable | str) -> list[str]:
        """Those that a message reached, and what became of it."""

        async def followed() -> list[str]:
            seen = [each async for each in trial.send(settings, "shop", PHONE, content, 20.0)]
            return [*(each.stage for each in seen), seen[-1].last, seen[-1].detail]

        return asyncio.run(followed())

    with serving(stage.folder) as server:
        told = asyncio.run(connect(settings, "shop", server.url))
        assert [(finding.link, finding.ok) for finding in told.findings] == [
            ("subscription", True), ("webhook", True), ("fields", True)
        ]  # fmt: skip
        assert town.graph.webhooks.overrides == {"1000000001": f"{server.url}/webhooks/shop"}
        with pytest.raises(trial.Refused, match=r"not written within 24 hours.*--template"):
            stages("nobody may be written to who has not written")
        assert not town.sends
        town.write("ada", "hello")
        town.until_answered()
        reached = stages("**one** two")
        assert (reached[0], reached[-3:-1]) == ("queued", ["delivered", "arrived"]), reached
        assert town.person("ada").texts[-1] == "*one* two"
        town.graph.templates.add("hello", body="Dear {{1}}")
        assert stages(Template("hello", "en_US", ("Ada",)))[-2] == "arrived"
        town.fail_next(refuse(131026))
        *_, stage_, last, why = stages("refused")
        assert (stage_, last) == ("failed", "failed")
        assert "131026" in why
        config = str(stage.folder / "turnkeeper.toml")
        shown = turnkeeper("channel", "test", "shop", PHONE, "--text", "by the command", "-c", config)
        assert (shown.returncode, "delivered ✓✓" in shown.stdout, "shop works" in shown.stdout) == (0, True, True)
        town.write("ada", "and the bot still has the conversation")
        town.until_answered()
        assert server.settled()["states"] | {"person": 4, "answered": 2} == server.ledger()["states"]
        assert asyncio.run(pause_channel(settings, "shop"))
        with pytest.raises(trial.Refused, match=r"by hand.*channel resume shop"):
            stages("stopped")
