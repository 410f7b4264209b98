"""Kaiwa sells seats at dinners: people ask, book, pay, are reminded, and say how it was.

Models understand what people write. What then happens is decided here: no model books, charges or confirms.
"""

from datetime import datetime, timedelta

import dinners
from dinners import Booking, Dinner
from understanding import State, answer_to, read

from turnkeeper import Bot, Buttons, Choice, Event, List, ModelsFailed, Money, Payment, Turn, UrlButton
from turnkeeper.rules.offers import answer
from turnkeeper.text.money import shown

HOUR = 3600.0
TO_PAY = HOUR
"""How long seats are held for whoever has not paid."""
REFUND_UNTIL = timedelta(hours=48)
A_DAY_BEFORE = timedelta(days=1)
IT_IS_OVER = timedelta(hours=3)

WELCOME = "Welcome to **Kaiwa**: dinners with strangers, all over Bengaluru. Ask me anything, or book a seat."
A_PERSON = "One of us will write to you here."
SOLD_OUT = "Not enough seats are left there. Please choose another dinner."
TOO_LATE = "Your payment came after your seats had gone to somebody else. You get it back; one of us will write to you."
PERSON = ("talk to a person", "speak to a person", "real person", "a human", "talk to someone")
BOOK = ("book", "reserve")
NEXT = {"book": "Book a seat", "person": "Talk to a person"}


bot = Bot("kaiwa", state=State)


@bot.stage("welcome", first=True, to=("qa", "booking"))
async def welcome(turn: Turn[State]) -> None:
    """Say hello, unless they came with more than that, or come back."""
    if turn.expired and turn.expired.stage in ("confirmed", "feedback") and turn.resume():
        await (feedback if turn.stage == "feedback" else confirmed)(turn)
        return
    turn.stage = "qa"
    if turn.choice is not None or "?" in turn.text or says(turn, *BOOK):
        await qa(turn)
    else:
        await turn.reply(Buttons(WELCOME, NEXT))


@bot.stage("qa", to=("booking",))
async def qa(turn: Turn[State]) -> None:
    """Questions go to the models; whoever wants to book goes on."""
    if await gets_a_person(turn):
        return
    if tapped(turn) == "book" or says(turn, *BOOK):
        turn.stage = "booking"
        await booking(turn)
    else:
        await answered(turn, NEXT)


@bot.stage("booking", to=("payment",))
async def booking(turn: Turn[State]) -> None:
    """Ask for what is missing, show it all, and hold the seats once they say yes."""
    if await gets_a_person(turn):
        return
    asked = missing(turn)
    if asked is None and (tapped(turn) == "pay" or answer(turn.text) == "yes"):
        await hold_seats(turn, turn.contact.name or "friend")
        return
    take_taps(turn)
    if await read(turn, asked.body if asked else "Is all of this right?"):
        await answered(turn, {})
    await turn.reply(missing(turn) or summary(turn))


@bot.stage("payment", to=("confirmed", "qa"))
async def payment(turn: Turn[State]) -> None:
    """Whatever they write, it is looked whether they have paid; no model is asked."""
    known = await turn.payment(turn.state.booking or "")
    if known is not None and known.is_open and turn.text.strip(" .!").casefold() == "cancel":
        known = await turn.expire_payment(known.name)  # and if they pay at this moment, they have paid
    if known is not None and known.is_paid:
        await seats_are_theirs(turn, known.name)
    elif await gets_a_person(turn):
        return
    elif known is not None and known.is_open:
        await turn.reply("I have not got your payment yet. Write **cancel** if you do not want the seats any more.")
        await turn.reply(to_pay(known))
    else:
        await give_back(turn)


@bot.stage("confirmed", to=("booking", "qa"))
async def confirmed(turn: Turn[State]) -> None:
    """They have seats: they may ask, call it off, or book again."""
    if await gets_a_person(turn):
        return
    if tapped(turn) == "cancel:yes":
        await call_off(turn)
    elif tapped(turn) == "cancel" or says(turn, "cancel", "refund"):
        await turn.reply(Buttons(await terms(turn), {"cancel:yes": "Yes, cancel", "cancel:no": "No, I am coming"}))
    elif tapped(turn) == "book" or says(turn, *BOOK):
        turn.state, turn.stage = State(), "booking"
        await booking(turn)
    else:
        await answered(turn, {"book": "Book again", "cancel": "Cancel my seats", "person": "Talk to a person"})


@bot.stage("feedback", to=("qa",))
async def feedback(turn: Turn[State]) -> None:
    """What they say after the dinner is kept with their booking."""
    if await gets_a_person(turn):
        return
    await turn.step("rate", dinners.rate, turn.state.booking, turn.text, effect=True)
    turn.state, turn.stage = State(), "qa"
    await turn.reply(Buttons("Thank you! We read every word. Come again?", NEXT))


@bot.on("seats.reserved")
async def reserved(turn: Turn[State], event: Event) -> None:
    """They have chosen on the website, which tells us (POST /api/v1/events): the link comes here."""
    turn.state = State.model_validate(event.data)
    await hold_seats(turn, event.data["name"])


@bot.on("payment.paid")
async def paid(turn: Turn[State], event: Event) -> None:
    """The provider says so, before or after we have asked it."""
    await seats_are_theirs(turn, event.data["name"])


@bot.on("payment.expired")
async def not_paid(turn: Turn[State], event: Event) -> None:
    """The seats are free again."""
    if turn.stage == "payment" and turn.state.booking == event.data["name"]:
        await give_back(turn)


@bot.on("payment.attempt_failed")
async def not_through(turn: Turn[State], event: Event) -> None:
    """The link still works."""
    if turn.stage == "payment" and turn.state.booking == event.data["name"]:
        await turn.reply("Your payment did not go through. The link still works: please try again.")


@bot.on("timer.reminder")
async def remind(turn: Turn[State], event: Event) -> None:
    """The day before, unless they have called it off."""
    seats = await turn.step("look", dinners.booking, event.data["booking"])
    if seats is None or seats.state != "confirmed":
        return
    if turn.stage == "welcome":  # the session has expired since
        turn.state.booking, turn.stage = seats.id, "confirmed"
    dinner = seats.dinner
    await turn.template("dinner_tomorrow", "en", body=[seats.name, dinner.title, f"{dinner.at:%H:%M}", dinner.venue])


@bot.on("timer.feedback")
async def ask_how_it_was(turn: Turn[State], event: Event) -> None:
    """After the dinner, or the next morning; whoever is just booking another dinner is asked later, once."""
    seats = await turn.step("look", dinners.booking, event.data["booking"])
    if seats is None or seats.state != "confirmed":
        return
    if turn.stage in ("booking", "payment") and "later" not in event.data:
        turn.after(6 * HOUR, "feedback", {**event.data, "later": True}, follow_up=False)
        return
    turn.state, turn.stage = State(booking=seats.id), "feedback"
    await turn.template("how_was_it", "en", body=[seats.name, seats.dinner.title])


@bot.undo("book")
async def unbook(turn: Turn[State], held: Booking | None) -> None:
    """The turn was given up after the seats had been held: nobody is told where to pay for them."""
    if held is not None:
        await turn.step("cancel", dinners.cancel, held.id, effect=True)


async def hold_seats(turn: Turn[State], name: str) -> None:
    """Seats for an hour, and the link to pay for them."""
    chosen = turn.state
    held: Booking | None = await turn.step(
        "book", dinners.book, chosen.dinner, chosen.seats, name, chosen.dietary, effect=True
    )
    if held is None:
        chosen.dinner, turn.stage = None, "booking"
        await turn.reply(SOLD_OUT)
        await turn.reply(missing(turn) or summary(turn))
        return
    what = f"{held.seats} × {held.dinner.title}"
    link = await turn.payment_link(cost(chosen), what, name=held.id, expires_in=TO_PAY)
    chosen.booking, turn.stage = held.id, "payment"
    if turn.window.is_open:
        await turn.reply(to_pay(link))
    else:
        await turn.template("please_pay", "en", body=[held.name, what, shown(link.money), link.url or ""])


async def seats_are_theirs(turn: Turn[State], booking_id: str) -> None:
    """The money is there. It may be told twice: by the provider, and when it was asked."""
    if turn.stage == "confirmed" and turn.state.booking == booking_id:
        return
    seats: Booking | None = await turn.step("confirm", dinners.confirm, booking_id, effect=True)
    if seats is None:
        await turn.refund(booking_id)
        await turn.reply(TOO_LATE)
        turn.handover("paid for seats that had gone to somebody else; refunded")
        return
    turn.state.booking, turn.stage = booking_id, "confirmed"
    dinner, known = seats.dinner, {"booking": booking_id}
    await turn.template("seat_confirmed", "en", body=[seats.name, dinner.title, dinner.day, str(seats.seats)])
    if is_before(turn, dinner.at - A_DAY_BEFORE):
        turn.at(dinner.at - A_DAY_BEFORE, "reminder", known, late=12 * HOUR)
    turn.at(dinner.at + IT_IS_OVER, "feedback", known, late=48 * HOUR, quiet=True)


async def give_back(turn: Turn[State]) -> None:
    """They have not paid."""
    await turn.step("cancel", dinners.cancel, turn.state.booking, effect=True)
    turn.state, turn.stage = State(), "qa"
    await turn.reply(Buttons("Your seats are free again, and nothing was charged.", NEXT))


async def call_off(turn: Turn[State]) -> None:
    """Give the seats back, and the money if it is early enough. The reminder finds them gone."""
    seats: Booking = await turn.step("look", dinners.booking, turn.state.booking)
    if refundable(turn, seats):
        await turn.refund(seats.id)
    await turn.step("cancel", dinners.cancel, seats.id, effect=True)
    money = "Your money is on its way back." if refundable(turn, seats) else "It was too late for a refund."
    turn.state, turn.stage = State(), "qa"
    await turn.reply(Buttons(f"Your seats are cancelled. {money}", NEXT))


async def terms(turn: Turn[State]) -> str:
    """What cancelling would mean."""
    seats: Booking = await turn.step("look", dinners.booking, turn.state.booking)
    money = "You get all of your money back." if refundable(turn, seats) else "It is too late for a refund."
    return f"Cancel **{seats.dinner.title}** on {seats.dinner.day}? {money}"


def refundable(turn: Turn[State], seats: Booking) -> bool:
    """Whether it is early enough."""
    return is_before(turn, seats.dinner.at - REFUND_UNTIL)


def is_before(turn: Turn[State], instant: datetime) -> bool:
    """Whether it is still to come."""
    return turn.began_at < instant.timestamp()


async def gets_a_person(turn: Turn[State]) -> bool:
    """Whoever asks for a person gets one."""
    if tapped(turn) != "person" and not says(turn, *PERSON):
        return False
    await turn.reply(A_PERSON)
    turn.handover(f"asked for a person in the stage {turn.stage}")
    return True


async def answered(turn: Turn[State], choices: dict[str, str]) -> None:
    """The models' answer, with what they can do next; where there is none, the offer of a person."""
    try:
        words = await answer_to(turn)
    except ModelsFailed as failure:
        await turn.offer_person(f"no model gave an answer: {failure}")
    else:
        await turn.reply(Buttons(words, choices) if choices else words)


def take_taps(turn: Turn[State]) -> None:
    """What they tapped, into the state."""
    state = turn.state
    match tapped(turn).split(":"):
        case ["change"]:
            turn.state = State(referral=state.referral)
        case ["dinner", chosen]:
            state.dinner = chosen
        case ["seats", seats]:
            state.seats = int(seats)
        case ["diet", diet]:
            state.dietary = [] if diet == "none" else [diet]


def missing(turn: Turn[State]) -> List | Buttons | None:
    """What is to be asked next; None: nothing."""
    state, on = turn.state, dinners.upcoming(turn.began_at)
    if state.dinner not in [each.id for each in on]:
        rows = [Choice(f"dinner:{each.id}", f"{each.at:%a %d %b, %H:%M}", described(each)) for each in on]
        return List("Which dinner would you like to come to?", "Dinners", rows)
    if state.seats is None:
        return Buttons("For how many people? Tap or write.", {f"seats:{each}": str(each) for each in (1, 2, 4)})
    if state.dietary is None:
        diets = {"diet:none": "None", "diet:vegetarian": "Vegetarian", "diet:vegan": "Vegan"}
        return Buttons("Any dietary needs or allergies? Tap or write.", diets)
    return None


def described(dinner: Dinner) -> str:
    """What stands below its day in the list."""
    return f"{dinner.title}, {dinner.area}, {shown(Money(dinner.price, 'INR'))} a seat"


def summary(turn: Turn[State]) -> Buttons:
    """All that they have chosen, and what it costs."""
    state = turn.state
    dinner, money = dinners.dinner(state.dinner or ""), shown(cost(state))
    needs = ", ".join(state.dietary or []) or "no dietary needs"
    words = f"**{dinner.title}**\n{dinner.day}, {dinner.area}\n{state.seats} seats, {needs}\n**{money}**"
    return Buttons(words, {"pay": f"Pay {money}", "change": "Change"})


def to_pay(link: Payment) -> UrlButton:
    """The way to the payment page."""
    return UrlButton(f"Your seats are held for an hour. Please pay {shown(link.money)}.", "Pay", link.url or "")


def cost(state: State) -> Money:
    """What the seats cost."""
    return Money(dinners.price(state.dinner or "", state.seats or 1, state.referral), "INR")


def tapped(turn: Turn[State]) -> str:
    """The id of the button or row."""
    return turn.choice.id if turn.choice is not None else ""


def says(turn: Turn[State], *words: str) -> bool:
    """Whether they wrote one of these."""
    return turn.choice is None and any(each in turn.text.casefold() for each in words)
