"""Stages as code: a state with a type, moves that are checked when a turn commits, handlers of what nobody said."""

from typing import Any

import msgspec
import pydantic
import pytest

from turnkeeper import Bot, Event, Turn
from turnkeeper.bots.stages import told
from turnkeeper.model.events import EventKind, Inbound
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.events import event

SORRY = "Something went wrong, please try again."


class Guest(pydantic.BaseModel):
    name: str = ""
    allergies: list[str] = []


class State(pydantic.BaseModel):
    seats: int = 1
    event: str | None = pydantic.Field(None, alias="eventName")
    guest: Guest = Guest()

    @pydantic.computed_field  # type: ignore[prop-decorator]
    @property
    def chairs(self) -> int:
        return self.seats * 2


def inbound(kind: EventKind, **details: object) -> Inbound:
    """An event that nobody said."""
    return msgspec.structs.replace(event(kind, id=f"{kind}.{details}"), details=details)


async def committed(person: Person) -> list[str | None]:
    return [moment.detail for moment in await person.moments() if moment.kind == "committed"]


async def nothing(turn: Turn[Any]) -> None: ...


async def nothing_of(turn: Turn[Any], event: Event) -> None: ...


def typed(seen: list[Any], leave: Any = None) -> Bot[State]:
    """A bot that notes its state at every turn, then books one seat more; `leave` changes the state instead."""
    bot = Bot("kaiwa", state=State)

    @bot.stage("booking", first=True)
    async def booking(turn: Turn[State]) -> None:
        seen.append(turn.state.model_copy(deep=True))
        if leave is not None:
            leave(turn)
            return
        if not isinstance(turn.state, State):
            return
        turn.state.seats += 1
        turn.state.event = "dinner"
        turn.state.guest.allergies.append(turn.text)

    return bot


@in_virtual_time
async def test_a_state_with_a_type_comes_back_as_it_was_left() -> None:
    seen: list[State] = []
    async with conversation(typed(seen)) as person:
        await person.says("nuts")
        await person.says("milk")
        dinner = State(seats=2, eventName="dinner", guest=Guest(allergies=["nuts"]))
        assert seen == [State(), dinner]
        assert person.state == {"seats": 3, "event": "dinner", "guest": {"name": "", "allergies": ["nuts", "milk"]}}


def _too_many(turn: Turn[State]) -> None:
    turn.state.seats = "many"  # type: ignore[assignment]


def _nested(turn: Turn[State]) -> None:
    turn.state.guest.allergies = [object()]  # type: ignore[list-item]


def _other(turn: Turn[State]) -> None:
    turn.state = None  # type: ignore[assignment]


def _plain(turn: Turn[State]) -> None:
    turn.state = {"seats": [1]}  # type: ignore[assignment]


@pytest.mark.parametrize(
    "leave, words",
    [
        (_too_many, "stage 'booking' left a state that is no State: seats: Input should be a valid integer"),
        (_nested, "stage 'booking' left a state that cannot be kept as JSON: "),
        (_other, "stage 'booking' left a state that is no State: the state: "),
        (_plain, "stage 'booking' left a state that is no State: seats: Input should be a valid integer"),
    ],
)
@in_virtual_time
async def test_a_state_that_is_none_fails_the_turn_and_says_which_field_of_which_stage(leave: Any, words: str) -> None:
    seen: list[State] = []
    async with conversation(typed(seen, leave)) as person:
        await person.says("hi")
        assert person.heard == [SORRY]
        assert len(seen) == 3
        assert [type(error).__name__ for error in person.raised] == ["BotError"] * 3
        assert str(person.raised[0]).startswith(words)
        await person.says("again")
        assert seen[-1] == State()


@in_virtual_time
async def test_a_session_that_no_longer_validates_is_set_aside_and_shown() -> None:
    seen: list[Any] = []

    class Smaller(pydantic.BaseModel):
        seats: list[int] = []

    bot = typed(seen)
    async with conversation(bot) as person:
        await person.says("nuts")
        changed = Bot("kaiwa", state=Smaller)
        changed.stage("booking", first=True)(bot._stages["booking"])  # type: ignore[arg-type]
        bot.__dict__.update(changed.__dict__, _version=bot.version)
        await person.says("hi")
        assert seen[1] == Smaller()
        aside = str((await committed(person))[-1])
        assert aside.startswith(
            "session set aside, its state is no Smaller (seats: Input should be a valid array, not 2)"
        )
        assert '"event":"dinner"' in aside


@pytest.mark.parametrize(
    "model, words",
    [
        (dict, r"state=<class 'dict'>: write a pydantic model, class State\(BaseModel\): …"),
        (pydantic.create_model("Strict", seats=(int, ...)), "Strict: a session begins with no state: give seats a def"),
    ],
)
def test_a_model_that_cannot_be_a_state_is_refused(model: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        Bot("kaiwa", state=model)


def moving(to: dict[str, tuple[str, ...] | None], moves: dict[str, str | None]) -> Bot:
    """A bot of stages that go where `moves` says for the word that was said."""
    bot = Bot("kaiwa")

    async def stage(turn: Turn) -> None:
        turn.stage = moves.get(turn.text, turn.stage)
        await turn.reply(str(turn.stage))

    for place, (name, allowed) in enumerate(to.items()):
        bot.stage(name, first=not place, to=allowed)(stage)
    return bot


ONE_WAY = {"welcome": ("qa",), "qa": None, "end": ()}


@pytest.mark.parametrize(
    "label, to, goes, problem",
    [
        ("where it may", ONE_WAY, "qa", None),
        ("stays", ONE_WAY, "welcome", None),
        ("starts anew", ONE_WAY, None, None),
        ("not in its to", ONE_WAY, "end", "but goes to qa by its own `to`: add 'end' there"),
        ("no stage", ONE_WAY, "pay", "which no stage is: there are welcome, qa, end"),
        ("any, without a to", {"welcome": None, "end": ()}, "end", None),
        ("nowhere", {"welcome": (), "end": None}, "end", "but goes to nowhere else"),
    ],
)
@in_virtual_time
async def test_a_stage_goes_where_it_may(label: str, to: Any, goes: str | None, problem: str | None) -> None:
    async with conversation(moving(to, {"go": goes})) as person:
        await person.says("go")
        if problem is None:
            assert (person.heard, person.stage) == ([str(goes)], goes)
        else:
            assert person.heard == [SORRY]
            assert f"stage 'welcome' left turn.stage = {goes!r}, {problem}" in str(person.raised[-1])


@pytest.mark.parametrize(
    "label, visits, problem",
    [
        ("each may go to the next", ["qa", "booking"], None),
        ("to another after all", ["booking", "qa"], None),
        ("not from there", ["booking"], "stage 'welcome' left turn.stage = 'booking', but goes to qa"),
        ("not from there either", ["qa", "end"], "stage 'welcome' left turn.stage = 'end', but goes to qa"),
    ],
)
@in_virtual_time
async def test_a_stage_that_runs_others_goes_where_they_may(label: str, visits: list[str], problem: str | None) -> None:
    bot = Bot("kaiwa")

    async def stage(turn: Turn) -> None:
        for each in visits:
            turn.stage = each

    for name, to in {"welcome": ("qa",), "qa": ("booking",), "booking": (), "end": ()}.items():
        bot.stage(name, first=name == "welcome", to=to)(stage)
    async with conversation(bot) as person:
        await person.says("go")
        assert person.stage == (visits[-1] if problem is None else None)
        assert [str(error).startswith(str(problem)) for error in person.raised] == [True] * (3 if problem else 0)


@in_virtual_time
async def test_where_a_handler_came_from_does_not_count_for_the_stage_after_it() -> None:
    bot = Bot("kaiwa")

    async def stage(turn: Turn) -> None:
        turn.stage = turn.text

    for name, to in {"a": ("c",), "b": ("a",), "c": ()}.items():
        bot.stage(name, first=name == "a", to=to)(stage)

    @bot.on("payment.paid")
    async def paid(turn: Turn, event: Event) -> None:
        turn.stage = "b"

    async with conversation(bot) as person:
        await person.writes("c")
        await person.does(inbound("payment", payment="p1", news="paid"))
        await person.rests()
        assert str(person.raised[-1]).startswith("stage 'b' left turn.stage = 'c', but goes to a")


def test_one_name_is_no_list_of_names() -> None:
    with pytest.raises(ValueError, match=r"write to=\('qa',\)"):
        Bot("kaiwa").stage("welcome", to="qa")


@pytest.mark.parametrize(
    "given, expected",
    [
        (inbound("payment", payment="p1", news="paid", amount=5), ("payment.paid", {"amount": 5}, "p1")),
        (inbound("timer", name="nudge", data={"n": 1}), ("timer.nudge", {"n": 1}, None)),
        (inbound("timer", name="nudge", data=3), ("timer.nudge", {"value": 3}, None)),
        (inbound("timer", name="nudge"), ("timer.nudge", {}, None)),
        (inbound("api", type="order.paid", id="o1", data={"total": 7}), ("order.paid", {"total": 7}, "o1")),
    ],
)
def test_what_a_handler_is_told(given: Inbound, expected: tuple[str, dict[str, Any], str | None]) -> None:
    found = told(given)
    assert found is not None
    assert (found.type, found.id) == (expected[0], expected[2])
    assert expected[1].items() <= found.data.items()


@pytest.mark.parametrize("kind", ["text", "button_reply", "reaction", "operator", "edited"])
def test_what_a_person_did_is_no_event_for_handlers(kind: EventKind) -> None:
    assert told(event(kind, "paid")) is None


def handling(ran: list[str]) -> Bot:
    """A bot that notes what ran, with handlers for a payment, a timer and an order."""
    bot = Bot("kaiwa")

    @bot.stage("booking", first=True, to=())
    async def booking(turn: Turn) -> None:
        ran.append(f"booking {turn.text} {[timer.name for timer in turn.timers]}")
        if turn.text == "wait":
            turn.after(60, "nudge", follow_up=False)
            turn.after(60, "other", follow_up=False)

    @bot.stage("confirmed")
    async def confirmed(turn: Turn) -> None:
        ran.append(f"confirmed {turn.text}")

    @bot.on("payment.paid")
    async def paid(turn: Turn, event: Event) -> None:
        ran.append(f"{event.type} of {event.id}, {len(turn.events)} events")
        await turn.reply("thank you")
        turn.stage = "confirmed"

    @bot.on("timer.nudge")
    async def nudge(turn: Turn, event: Event) -> None:
        ran.append(event.type)

    @bot.on("order.broken")
    async def broken(turn: Turn, event: Event) -> None:
        raise ValueError("broken")

    return bot


@in_virtual_time
async def test_a_handler_runs_instead_of_the_stage() -> None:
    ran: list[str] = []
    async with conversation(handling(ran)) as person:
        await person.says("hi")
        await person.does(inbound("payment", payment="p1", news="paid"))
        await person.rests()
        await person.says("and now?")
        assert ran == ["booking hi []", "payment.paid of p1, 1 events", "confirmed and now?"]
        assert person.heard == ["thank you"]


@in_virtual_time
async def test_the_stage_runs_after_the_handlers_if_the_contact_said_something_too() -> None:
    ran: list[str] = []
    async with conversation(handling(ran)) as person:
        await person.writes("hello?")
        await person.does(inbound("payment", payment="p1", news="paid"))
        await person.does(inbound("payment", payment="p2", news="paid"))
        await person.rests()
        assert ran == ["payment.paid of p1, 3 events", "payment.paid of p2, 3 events", "confirmed hello?"]


@in_virtual_time
async def test_timers_without_a_handler_reach_the_stage_and_it_does_not_see_those_that_were_handled() -> None:
    ran: list[str] = []
    async with conversation(handling(ran)) as person:
        await person.says("wait")
        await person.waits(120)
        assert ran == ["booking wait []", "timer.nudge", "booking  ['other']"]


@pytest.mark.parametrize(
    "given, type_",
    [
        (inbound("payment", payment="p1", news="refunded"), "payment.refunded"),
        (inbound("api", type="order.shipped", id="o1"), "order.shipped"),
    ],
)
@in_virtual_time
async def test_news_without_a_handler_run_no_stage_as_if_somebody_had_said_nothing(given: Inbound, type_: str) -> None:
    ran: list[str] = []
    async with conversation(handling(ran)) as person:
        await person.says("hi")
        await person.does(given)
        await person.rests()
        assert (ran, person.stage) == (["booking hi []"], "booking")
        assert await committed(person) == [None, f"nothing ran: there is no @bot.on for {type_}"]
        assert (await person.ledger()).states["no_reply"] == 2


@in_virtual_time
async def test_news_without_a_handler_are_there_for_the_stage_that_answers_words_beside_them() -> None:
    seen: list[tuple[str, list[str]]] = []
    bot = Bot("kaiwa")

    @bot.stage("booking", first=True)
    async def booking(turn: Turn) -> None:
        seen.append((turn.text, [each.news for each in turn.payments]))

    details = {"payment": "p1", "name": "seat", "news": "refunded", "amount": 5, "currency": "INR"}
    async with conversation(bot) as person:
        await person.writes("hello?")
        await person.does(inbound("payment", **details))
        await person.rests()
        assert seen == [("hello?", ["refunded"])]


@in_virtual_time
async def test_words_that_come_from_no_person_reach_the_stage() -> None:
    ran: list[str] = []
    async with conversation(handling(ran)) as person:
        await person.says("hi")
        await person.does(msgspec.structs.replace(inbound("api"), text="ask how they are"))
        await person.rests()
        assert ran == ["booking hi []", "booking ask how they are []"]


@in_virtual_time
async def test_a_handler_that_raises_fails_the_turn_and_nothing_of_it_is_left() -> None:
    ran: list[str] = []
    async with conversation(handling(ran)) as person:
        await person.writes("hi")
        await person.does(inbound("payment", payment="p1", news="paid"))
        await person.does(inbound("api", type="order.broken", id="o1"))
        await person.rests()
        assert ran == ["payment.paid of p1, 3 events"] * 3
        assert person.heard == [SORRY]
        await person.says("hi")
        assert ran[-1] == "booking hi []"


def test_a_type_has_one_handler() -> None:
    bot = handling([])
    with pytest.raises(ValueError, match=r"'payment\.paid' has a handler already"):
        bot.on("payment.paid")(nothing_of)


def test_the_version_knows_the_handlers() -> None:
    with_stage, with_both = Bot("a"), Bot("a")
    with_stage.stage("only", first=True)(test_what_a_handler_is_told)  # type: ignore[arg-type]
    with_both.stage("only", first=True)(test_what_a_handler_is_told)  # type: ignore[arg-type]
    with_both.on("payment.paid")(in_virtual_time)  # type: ignore[arg-type, type-var]
    assert with_stage.version != with_both.version


@in_virtual_time
async def test_a_turn_in_which_nobody_wrote_knows_the_name_too() -> None:
    names: list[str | None] = []
    bot = Bot("kaiwa")

    @bot.stage("booking", first=True)
    async def booking(turn: Turn) -> None:
        names.append(turn.contact.name)

    @bot.on("payment.paid")
    async def paid(turn: Turn, event: Event) -> None:
        names.append(turn.contact.name)

    async with conversation(bot, name="Omar") as person:
        await person.says("hi")
        await person.does(inbound("payment", payment="p1", news="paid"))
        await person.rests()
        assert names == ["Omar", "Omar"]
