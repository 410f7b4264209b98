"""Scripts played with bots: what is sent when, what models and addresses answer, and what cannot be played."""

from pathlib import Path

import pytest

from tests.bots.flow.drawn import ANYTHING, flow, says, start
from turnkeeper.bots.python import Bot
from turnkeeper.bots.turn import Turn
from turnkeeper.flows.model import Flow
from turnkeeper.model.contents import Buttons, File, Image, List, Section
from turnkeeper.model.events import Choice
from turnkeeper.testing.agents import agent
from turnkeeper.testing.cues import Cues
from turnkeeper.testing.fake_graph.samples import JPEG
from turnkeeper.testing.flows import flow_bot
from turnkeeper.testing.payments import Till
from turnkeeper.testing.playing import Played, play, together
from turnkeeper.testing.virtual_time import run
from turnkeeper.text.comparing import difference
from turnkeeper.text.script_reading import parse
from turnkeeper.text.scripts import written

echo: Bot = Bot("echo")


@echo.stage("only", first=True)
async def _(turn: Turn) -> None:
    told = [f"{event.kind}{f' {event.text}' if event.text else ''}" for event in turn.events]
    for event in turn.messages:
        if event.kind == "image":
            told.append(f"{(await turn.file()).size} bytes")
        if event.location is not None:
            told.append(f"at {event.location.latitude}")
        told += [card.phones[0].number for card in event.cards]
    await turn.reply(", ".join(told))


def plays(bot: Bot | Flow, text: str, files: Path | None = None) -> Played:
    cues, till = Cues(), Till()
    script = parse(text)
    made = flow_bot([bot], cues, till) if isinstance(bot, Flow) else bot
    return run(play(made, script, cues=cues, till=till, files=files))


TOGETHER = [
    ("> a\n> b", [["> a"], ["> b"]]),
    ("> a\n>> b\n>>image", [["> a", ">> b", ">>image"]]),
    ("> a\n! x\n>> b\n< c\n> d", [["> a", "! x", ">> b"], ["> d"]]),
    ("# n\n! x\n> a\n! y\n> b", [["# n", "! x", "> a", "! y"], ["> b"]]),
    ("> a\n< b\n! x\n> c", [["> a"], ["! x", "> c"]]),
    ("> a\n~ 1h\n@ paid\n$ paid\n>button Yes", [["> a"], ["~ 1h"], ["@ paid"], ["$ paid"], [">button Yes"]]),
    ("> a\n< b\n# the end", [["> a"], ["# the end"]]),
    ("", []),
]


@pytest.mark.parametrize(("text", "groups"), TOGETHER, ids=[text for text, _ in TOGETHER])
def test_what_is_played_in_one_go(text: str, groups: list[list[str]]) -> None:
    assert [[written([line]).strip() for line in group] for group in together(parse(text))] == groups


def test_what_a_person_can_send(tmp_path: Path) -> None:
    (tmp_path / "shop.jpg").write_bytes(JPEG + b"more")
    script = (
        f"> hello\n< text hello\n> one\n>> two\n< text one, text two\n"
        f">image shop.jpg my shop\n< image my shop, {len(JPEG) + 4} bytes\n"
        f">image other.jpg\n< image, {len(JPEG)} bytes\n"
        ">location -6.2,106.8 Monas\n< location, at -6.2\n>contact +6281 Sari\n< contacts, +6281\n"
    )
    played = plays(echo, script, tmp_path)
    assert (played.problems, difference(parse(script), played.script)) == ((), [])
    assert written(played.script) == script, "a transcript is a script"


def test_files_lie_beside_the_script(tmp_path: Path) -> None:
    played = plays(echo, "> a\n>image ../secret.jpg", tmp_path)
    assert played.problems == ("line 2: ../secret.jpg: files lie beside the script",)


menu: Bot = Bot("menu")


@menu.stage("only", first=True)
async def _(turn: Turn) -> None:
    match turn.text:
        case "list":
            await turn.reply(List("Pick", "Open", [Section((Choice("a", "One"), Choice("b", "Two")))]))
        case "picture":
            await turn.reply(Image(File(link="https://x.example/a.jpg"), caption="a shop"))
        case "crash":
            raise RuntimeError("out of tea")
        case "person":
            turn.handover("wanted")
        case "signs":
            await turn.reply(r"2 \* 3 \* 4")
        case _:
            await turn.reply(Buttons("Sure?", (Choice("y", "Yes"), Choice("n", "No"))))


def test_what_a_bot_says_as_lines() -> None:
    played = plays(menu, "> hi\n>button Yes\n> list\n>row Two\n> picture\n> signs\n")
    assert written(played.script).splitlines() == [
        "> hi", "< Sure?", "<button Yes", "<button No",
        ">button Yes", "< Sure?", "<button Yes", "<button No",
        "> list", "< Pick", "<button One", "<button Two",
        ">button Two", "< Sure?", "<button Yes", "<button No",
        "> picture", "<image a shop",
        "> signs", "< 2 * 3 * 4",
    ]  # fmt: skip


def test_a_play_breaks_off_where_a_line_cannot_be_played() -> None:
    played = plays(menu, "> hi\n< Sure?\n# it is not there\n>button Maybe\n> later")
    assert played.problems == ("line 4: 'Maybe' is not offered: 'Yes', 'No' is",)
    assert "> later" not in written(played.script)


def test_what_goes_wrong_and_who_takes_over_is_told() -> None:
    played = plays(menu, "> crash\n> person\n> hello?")
    assert "# the bot raised RuntimeError('out of tea')" in written(played.script)
    assert "the bot raised RuntimeError('out of tea')" in played.problems
    assert written(played.script).splitlines()[-3:] == [
        "> person",
        "# a person has the conversation from here on",
        "> hello?",
    ]


def test_models_answer_as_cued() -> None:
    cues = Cues()
    script = parse("> one?\n! It is one.\n< It is one.\n!! broken\n> two?\n<~ person\n! unused")
    played = run(play(agent(cues.model), script, cues=cues))
    assert difference(script, played.script) == []
    assert played.problems == ("line 7: nobody asked for this answer",)


def test_a_model_that_is_asked_without_a_cue() -> None:
    cues = Cues()
    (problem,) = run(play(agent(cues.model), parse("> how much?"), cues=cues)).problems
    assert problem == "a model was asked 'how much?', and the script has no answer (a line `! …` before it)"


CALLS = flow(
    "calls",
    ANYTHING,
    ("price", "http", {"url": "https://shop.example/price", "keep": {"price": "sum"}}),
    ("stock", "tool", {"tool": "stock", "save": "left"}),
    says("ok", "{{price}}, {{left}} left"),
    says("sorry", "Sorry."),
    edges="start>price, price>stock, stock>ok, price:failed>sorry, stock:failed>sorry",
)
CALLED = [
    ('= {"sum": 12}\n= 3\n> a\n< 12, 3 left', ()),
    ("== 503\n> a\n< Sorry.", ()),
    ('= {"sum": 12}\n== closed\n> a\n< Sorry.', ()),
    ("> a\n< Sorry.", ("GET https://shop.example/price was called, and the script does not say",)),
    ('= {"sum": 12}\n> a\n< Sorry.', ("the tool stock was used, and the script does not say",)),
]


@pytest.mark.parametrize(("text", "problems"), CALLED, ids=[text for text, _ in CALLED])
def test_addresses_and_tools_give_what_they_are_cued(text: str, problems: tuple[str, ...]) -> None:
    played = plays(CALLS, text)
    assert difference(parse(text), played.script) == []
    assert [each.partition(" what that")[0] for each in played.problems] == list(problems)


SHOP = flow(
    "shop",
    start({"kind": "first_message"}, {"kind": "event", "event": "order_sent"}),
    ("pay", "payment", {"amount": 50000, "currency": "INR", "description": "A seat", "text": "Pay: {{payment_url}}"}),
    says("thanks", "Thank you."),
    says("late", "Too late."),
    edges="start>pay, pay>thanks, pay:expired>late",
)


@pytest.mark.parametrize(("news", "said"), [("paid", "< Thank you."), ("expired", "< Too late.")])
def test_payments_and_events_from_outside(news: str, said: str) -> None:
    script = parse(f'> hi\n<~ Pay: https://\n$ {news}\n{said}\n@ order_sent {{"id": 7}}\n<~ Pay: https://')
    played = plays(SHOP, written(script))
    assert (played.problems, difference(script, played.script)) == ((), [])


def test_somebody_comes_by_an_ad() -> None:
    shown = flow("shown", start({"kind": "referral", "source": "7"}), says("hi", "You saw {{referral.source}}."))
    script = parse(">ad 7 hello\n< You saw 7.")
    assert difference(script, plays(shown, written(script)).script) == []
    other: Flow = flow("other", start({"kind": "referral", "source": "8"}), says("hi", "Hi."))
    cues = Cues()
    played = run(play(flow_bot([other], cues, default=""), script, cues=cues))
    assert difference(script, played.script) != []


def test_what_nobody_hears_is_told() -> None:
    played = plays(SHOP, "@ order_sent")
    (note,) = written(played.script).splitlines()[1:]
    assert note.startswith("# failed: Pay: https://razorpay.test/")
    assert note.endswith("(the 24-hour window is closed: only a template may be sent)")


def test_nobody_pays_what_nobody_asked_for() -> None:
    assert plays(echo, "> hi\n$ paid").problems == ("line 2: nobody has asked for a payment",)


def test_a_way_without_words_is_for_models_that_were_given_ways() -> None:
    talks = flow(
        "talks",
        ANYTHING,
        ("ai", "ai", {"prompt": "Help.", "stay": True, "ways": [{"exit": "buy", "when": "they buy"}]}),
        says("sold", "Sold."),
        edges="start>ai, ai:buy>sold",
    )
    script = parse("> hi\n! Hello.\n< Hello.\n!way buy\n> a seat\n< Sold.")
    played = plays(talks, written(script))
    assert (played.problems, difference(script, played.script)) == ((), [])


def test_the_same_script_gives_the_same_lines() -> None:
    script = "> hi\n>button Yes\n~ 3h\n> list"
    assert plays(menu, script) == plays(menu, script)
