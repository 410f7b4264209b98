"""The dinners and who sits at them: a stand-in for the system in which a business keeps its bookings.

Rule: whatever changes something takes a key or a booking's id, and does it once however often it is asked.
"""

import sqlite3
import tomllib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent
BOOKINGS = HERE / "bookings.db"
DATA = tomllib.loads((HERE / "dinners.toml").read_text("utf-8"))
ZONE = ZoneInfo(DATA["time_zone"])
MOST_SEATS = 6
WEEKS = 3
"""How far ahead dinners can be booked."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Dinner:
    """One evening. `price`: of a seat, in paise."""

    id: str
    title: str
    at: datetime
    area: str
    venue: str
    seats: int
    price: int

    @property
    def day(self) -> str:
        """As people say it."""
        return f"{self.at:%A, {self.at.day} %B, %H:%M}"


@dataclass(frozen=True)
class Booking:
    """Seats of somebody. `state`: held until they are paid, then confirmed, or cancelled."""

    id: str
    dinner_id: str
    seats: int
    name: str
    state: str

    @property
    def dinner(self) -> Dinner:
        """What it is for."""
        return dinner(self.dinner_id)


def upcoming(now: float) -> list[Dinner]:
    """The dinners that can be booked at an instant (unix seconds), the next one first."""
    today = datetime.fromtimestamp(now, ZONE)
    days = [today.date() + timedelta(ahead) for ahead in range(7 * WEEKS)]
    weekly = ((name, DAYS.index(each["weekday"])) for name, each in DATA["dinners"].items())
    found = [dinner(f"{name}-{day}") for name, weekday in weekly for day in days if day.weekday() == weekday]
    return sorted((each for each in found if each.at > today), key=lambda each: each.at)


def dinner(dinner_id: str) -> Dinner:
    """A dinner by its id: what it is called in the file, and its day."""
    name, _, day = dinner_id.partition("-")
    each = DATA["dinners"][name]
    at = datetime.combine(date.fromisoformat(day), each["time"], ZONE)
    return Dinner(dinner_id, each["title"], at, each["area"], each["venue"], each["seats"], each["price"])


def price(dinner_id: str, seats: int, referral: str | None) -> int:
    """What seats cost, in paise."""
    return dinner(dinner_id).price * seats * (100 - per_cent_off(referral)) // 100


def per_cent_off(referral: str | None) -> int:
    """What a code takes off; 0 for one that there is not."""
    return int(DATA["referrals"].get((referral or "").strip().upper(), 0))


def free(dinner_id: str) -> int:
    """How many seats nobody holds."""
    with bookings() as db:
        return _free(db, dinner_id)


def booking(booking_id: str) -> Booking | None:
    """A booking, as it stands."""
    with bookings() as db:
        row = db.execute("select id, dinner, seats, name, state from booking where id = ?", (booking_id,)).fetchone()
    return None if row is None else Booking(*row)


def book(dinner_id: str, seats: int, name: str, dietary: list[str], key: str) -> Booking | None:
    """Hold seats until they are paid; None where there are too few. One key is one booking."""
    booking_id = blake2b(key.encode(), digest_size=6).hexdigest()
    with bookings() as db:
        known = db.execute("select 1 from booking where id = ?", (booking_id,)).fetchone()
        if known is None and _free(db, dinner_id) < seats:
            return None
        row = (booking_id, dinner_id, seats, " ".join(name.split())[:60] or "friend", ", ".join(dietary))
        db.execute("insert into booking values (?, ?, ?, ?, ?, 'held', null) on conflict do nothing", row)
    return booking(booking_id)


def confirm(booking_id: str) -> Booking | None:
    """The seats are paid. None where they had been given back meanwhile and are taken."""
    with bookings() as db:
        row = db.execute("select dinner, seats, state from booking where id = ?", (booking_id,)).fetchone()
        if row is None or (row[2] == "cancelled" and _free(db, row[0]) < row[1]):
            return None
        db.execute("update booking set state = 'confirmed' where id = ?", (booking_id,))
    return booking(booking_id)


def cancel(booking_id: str) -> Booking | None:
    """Give the seats back."""
    with bookings() as db:
        db.execute("update booking set state = 'cancelled' where id = ?", (booking_id,))
    return booking(booking_id)


def rate(booking_id: str, words: str) -> None:
    """How it was."""
    with bookings() as db:
        db.execute("update booking set feedback = ? where id = ?", (words, booking_id))


@contextmanager
def bookings() -> Iterator[sqlite3.Connection]:
    """The file in which they are kept, as one transaction."""
    with closing(sqlite3.connect(BOOKINGS, isolation_level="IMMEDIATE", timeout=10)) as db, db:
        db.execute(
            "create table if not exists booking (id text primary key, dinner text, seats integer, name text, "
            "dietary text, state text, feedback text)"
        )
        yield db


def _free(db: sqlite3.Connection, dinner_id: str) -> int:
    query = "select coalesce(sum(seats), 0) from booking where dinner = ? and state <> 'cancelled'"
    return dinner(dinner_id).seats - int(db.execute(query, (dinner_id,)).fetchone()[0])
