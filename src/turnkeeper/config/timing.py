"""What any bot may be told of time: whose it is, and when nobody is written to unasked."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from turnkeeper.channels.keys import Keys, wrong
from turnkeeper.engine.local_time import zone_named
from turnkeeper.model.sequences import QuietHours
from turnkeeper.rules.quiet_hours import read


def read_zone(value: object) -> object:
    """The name of a time zone; "" for none."""
    if value and (not isinstance(value, str) or zone_named(value) is None):
        wrong(f"{value!r} is not a time zone", 'Write one of the IANA database, such as "Asia/Jakarta".')
    return value


def read_hours(value: object) -> object:
    """Hours as `21:00-08:00`."""
    try:
        read(value if isinstance(value, str) else "")
    except ValueError:
        wrong(f"{value!r} are not hours of quiet", 'Write "21:00-08:00".')
    return value


Zone = Annotated[str, BeforeValidator(read_zone)]
Hours = Annotated[str, BeforeValidator(read_hours)]


class TimingKeys(Keys):
    """When any bot writes unasked."""

    quiet_hours: Hours = Field(
        "21:00-08:00",
        description="When nobody is written to unasked, by the contact's clock: by sequences, and by timers that are "
        "set with `quiet=True`.",
        examples=['"22:00-07:30"'],
    )
    time_zone: Zone = Field(
        "UTC",
        min_length=1,
        description="The time zone of contacts of whom none is known, by a fact `time_zone` or a phone number.",
        examples=['"Asia/Jakarta"'],
    )

    def hours(self) -> QuietHours:
        """The hours, and whose."""
        return QuietHours(*read(self.quiet_hours), self.time_zone)
