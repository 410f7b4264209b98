"""Bots of flows for tests: the production bot, with models, addresses and tools that answer as a script says.

cues = Cues()
script = parse(Path("welcome.script").read_text("utf-8"))
played = run(play(flow_bot([flow], cues), script, cues=cues))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from turnkeeper.bots.flow.bot import FlowBot
from turnkeeper.engine.flows import FixedShelf
from turnkeeper.flows.nodes.tool import ToolNode
from turnkeeper.model.ids import BotId
from turnkeeper.testing.agents import thinking as scripted

if TYPE_CHECKING:
    from turnkeeper.bots.thinking import Thinking
    from turnkeeper.flows.model import Flow
    from turnkeeper.testing.cues import Cues
    from turnkeeper.testing.payments import Till


def flow_bot(
    flows: Sequence[Flow],
    cues: Cues,
    till: Till | None = None,
    *,
    default: str | None = None,
    thinking: Thinking | None = None,
) -> FlowBot:
    """A bot of these flows, of which `default` (else the first) begins where no trigger fits. `thinking`: whom it asks
    instead of the cues."""
    asks = thinking or scripted(cues.model)
    used = [node.data.tool for flow in flows for node in flow.nodes.values() if isinstance(node.data, ToolNode)]
    return FlowBot(
        BotId("bot"),
        FixedShelf(flows, flows[0].name if default is None else default),
        thinking=replace(asks, tools=(*asks.tools, *(cues.tool(name) for name in dict.fromkeys(used)))),
        client=cues.client,
        paying=None if till is None else till.paying,
        trusted=True,
    )
