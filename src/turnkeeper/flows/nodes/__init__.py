"""The types of nodes, each in a file of its own. A new one is a file here and a line below; its cases are a table in
tests/flows/nodes/."""

from __future__ import annotations

from typing import Final

from turnkeeper.flows.nodes.ai import Ai
from turnkeeper.flows.nodes.ask import Ask
from turnkeeper.flows.nodes.base import NodeData
from turnkeeper.flows.nodes.condition import ConditionNode
from turnkeeper.flows.nodes.delay import Delay
from turnkeeper.flows.nodes.end import End
from turnkeeper.flows.nodes.extract import ExtractNode
from turnkeeper.flows.nodes.flow import FlowNode
from turnkeeper.flows.nodes.handover import Handover
from turnkeeper.flows.nodes.http import Http
from turnkeeper.flows.nodes.message import Message
from turnkeeper.flows.nodes.payment import PaymentNode
from turnkeeper.flows.nodes.set import Set
from turnkeeper.flows.nodes.split import Split
from turnkeeper.flows.nodes.stage import Stage
from turnkeeper.flows.nodes.start import Start
from turnkeeper.flows.nodes.template import TemplateNode
from turnkeeper.flows.nodes.tool import ToolNode
from turnkeeper.flows.nodes.wait import Wait

TYPES: Final[dict[str, type[NodeData]]] = {
    each.TYPE: each
    for each in (
        Start, Message, Ask, Ai, ConditionNode, Set, Stage, Delay, Wait, Http, ToolNode, TemplateNode, ExtractNode,
        PaymentNode, Handover, FlowNode, Split, End,
    )
}  # fmt: skip
"""By the name that stands in a flow's document."""
