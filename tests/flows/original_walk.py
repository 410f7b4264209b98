"""How the original walks its flows, as its facts say: an oracle for what the import makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from turnkeeper.flows.decide import decide, new_turn, start
from turnkeeper.flows.effects import AskModel, CallHttp, Ended, Say, SetStage, Sleep
from turnkeeper.flows.model import Flow
from turnkeeper.flows.nodes.base import Here
from turnkeeper.flows.signals import CallAnswered, Failed, ModelAnswered, Replied, Signal, Started, TimedOut
from turnkeeper.flows.state import FlowState
from turnkeeper.flows.values import put
from turnkeeper.model.contents import Audio, Document, Image, Video

Transcript = list[str]
HERE = Here(
    datetime(2026, 11, 20, 9, 30, tzinfo=UTC),
    contact={"name": "Siti", "phone": "60123"},
    session={"stage": "Lama", "detail": "NAMA: Siti"},
    channel={"niche": "madu"},
)


class Original:
    """One person in one flow, walked on the raw document."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.nodes = {str(node["id"]): node for node in reversed(raw["nodes"])}
        self.order = [str(node["id"]) for node in raw["nodes"]]
        ends = [*raw.get("connections", ()), *raw.get("edges", ())]
        self.lines = [{"from": each.get("source"), "to": each.get("target"), **each} for each in ends]
        self.waits_at: str | None = None
        self.text = ""

    def says(self, text: str) -> Transcript:
        """What comes of a message, delays included."""
        self.text = text
        heard: Transcript = []
        at = self._after(self.waits_at) if self.waits_at is not None else self._first()
        self.waits_at = None
        while at is not None:
            node = self.nodes[at]
            fields = node.get("config") or node.get("data") or {}
            match node["type"]:
                case "waiting_reply" | "user_reply":
                    self.waits_at = at
                    return heard
                case "send_message" | "message":
                    heard.append(fields.get("text") or fields.get("message"))
                case "send_image" | "image":
                    heard.append(f"image {fields['url']}")
                case "delay":
                    heard.append(f"{fields.get('delay', 3):g} s")
                case "waiting_times":
                    heard.append(f"{fields.get('delay', 8):g} s")
                case "stage":
                    heard.append(f"stage {fields.get('value') or fields.get('stage')}")
                case "end":
                    return [*heard, *filter(None, [fields.get("message")])]
            at = self._after(at)
        return heard

    def _first(self) -> str:
        targets = {str(line["to"]) for line in self.lines}
        starts = [each for each in self.order if self.nodes[each]["type"] == "start"]
        return next(each for each in starts or self.order if each not in targets)

    def _after(self, at: str) -> str | None:
        node, out = self.nodes[at], [line for line in self.lines if str(line["from"]) == at]
        if not out:
            return None
        if node["type"] == "conditions":
            return self._by_lines(out)
        if node["type"] == "condition":
            held = node["data"]["keyword"].lower() in self.text.lower()
            words = ("true", "yes") if held else ("false", "no")
            marked = [line for line in out if (line.get("sourceHandle") or line.get("label") or "").lower() in words]
            return str((marked or out)[0]["to"])
        return str(out[0]["to"])

    def _by_lines(self, out: Sequence[Mapping[str, Any]]) -> str:
        said = self.text.strip().lower()
        for line in out:
            wanted = str(line.get("conditionValue") or "").strip().lower()
            kind = line.get("conditionType")
            if (kind == "equal" and said == wanted) or (kind in ("contains", "match") and wanted in said):
                return str(line["to"])
        return str(next((line for line in out if line.get("conditionType") == "default"), out[0])["to"])


class Ours:
    """The same person in the flow that was imported, by the production core; time and models answer at once."""

    def __init__(self, flow: Flow, *, models: bool = True) -> None:
        self.book = {flow.name: flow}
        self.flow, self.state, self.models = flow, FlowState(), models

    def says(self, text: str) -> Transcript:
        """What comes of a message, delays included."""
        heard: Transcript = []
        signals: list[Signal | None] = [Replied(text)]
        while signals:
            signal, state = signals.pop(0), new_turn(self.state)
            if isinstance(signal, Replied) and not state.is_running:
                done = start(self.book, self.flow.name, Started("first_message", signal), HERE, state)
            else:
                assert signal is not None
                done = decide(self.book, state, signal, HERE)
            self.state = done.state
            for effect in done.effects:
                match effect:
                    case Say():
                        heard.append(_shown(effect))
                    case SetStage():
                        heard.append(f"stage {effect.stage}")
                    case Sleep():
                        heard.append(f"{effect.seconds:g} s")
                        signals.append(TimedOut(effect.call))
                    case AskModel() if self.models:
                        signals.append(ModelAnswered(effect.call, f"model: {effect.task}"))
                    case AskModel():
                        signals.append(Failed(effect.call, "away"))
                    case CallHttp():
                        heard.append(f"{effect.method} {effect.url} {effect.body}")
                        signals.append(CallAnswered(effect.call, {"ok": True}, 200))
                    case Ended():
                        assert effect.why == "completed", done.told
                    case _:
                        heard.append(str(effect))
        return heard


def _shown(said: Say) -> str:
    content = said.content
    if isinstance(content, str):
        return put(content, said.values)
    assert isinstance(content, Image | Video | Audio | Document), content
    caption = getattr(content, "caption", None) or ""
    return put(f"{type(content).__name__.lower()} {content.file.link} {caption}".strip(), said.values)
