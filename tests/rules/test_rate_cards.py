"""Rate cards: read line by line, asked by country, category and day; what they do not say is unknown."""

from datetime import date

import pytest

from turnkeeper.rules.rate_cards import BadCard, Place, read_card

CARD = read_card(
    "\ufeffCountry, Category,price,CURRENCY,from,until\n"
    "\n"
    "in,marketing,0.0118,usd,,\n"
    "IN,utility,0.0014,USD,2026-01-01,\n"
    "IN,utility,0.0020,USD,2026-07-01,2026-09-30\n"
    "+1,marketing,0.025,USD,,\n"
    "US,marketing,0.024,USD,,\n"
    '*,marketing,"0.06",USD,,\n'
)
INDIA, STATES, CANADA, NOWHERE = Place("IN", "91"), Place("US", "1"), Place("CA", "1"), Place()


@pytest.mark.parametrize(
    "label, category, place, on, expected",
    [
        ("a country", "marketing", INDIA, "2026-11-20", "0.0118 USD"),
        ("capitals", "MARKETING", INDIA, "2026-11-20", "0.0118 USD"),
        ("the country before its code", "MARKETING", STATES, "2026-11-20", "0.024 USD"),
        ("the code", "MARKETING", CANADA, "2026-11-20", "0.025 USD"),
        ("all others", "MARKETING", Place("DE", "49"), "2026-11-20", "0.06 USD"),
        ("nobody knows where", "MARKETING", NOWHERE, "2026-11-20", "0.06 USD"),
        ("a category that is not there", "AUTHENTICATION", INDIA, "2026-11-20", None),
        ("a category without a line for others", "UTILITY", STATES, "2026-11-20", None),
        ("no category", "", INDIA, "2026-11-20", None),
        ("the day before it begins", "UTILITY", INDIA, "2025-12-31", None),
        ("the day on which it begins", "UTILITY", INDIA, "2026-01-01", "0.0014 USD"),
        ("the newer of two", "UTILITY", INDIA, "2026-07-01", "0.0020 USD"),
        ("the last day of it", "UTILITY", INDIA, "2026-09-30", "0.0020 USD"),
        ("after it", "UTILITY", INDIA, "2026-10-01", "0.0014 USD"),
    ],
)
def test_what_a_message_costs(label: str, category: str, place: Place, on: str, expected: str | None) -> None:
    found = CARD.price(category, place, date.fromisoformat(on))
    assert (None if found is None else str(found)) == expected, label


HEAD = "country,category,price,currency,from,until\n"


@pytest.mark.parametrize(
    "label, text, problem",
    [
        ("nothing", " \n\n", "line 1: the file is empty"),
        ("no such column", "land,category,price,currency", "line 1: 'land' is not a column"),
        ("a column missing", "country,category,price", "line 1: the column currency is missing"),
        ("a column twice", "country,category,price,currency,price", "line 1: the column price is there twice"),
        ("a cell missing", HEAD + "IN,utility,1,USD", "line 2: has 4 cells, not 6"),
        ("a strange country", HEAD + "India,utility,1,USD,,", "line 2: 'India' is not a country"),
        ("a strange category", HEAD + "\nIN,service,1,USD,,", "line 3: 'service' is not a category"),
        ("a comma for a point", HEAD + 'IN,utility,"0,01",USD,,', "line 2: '0,01' is not a price"),
        ("below nothing", HEAD + "IN,utility,-1,USD,,", "line 2: '-1' is not a price"),
        ("no number", HEAD + "IN,utility,nan,USD,,", "line 2: 'nan' is not a price"),
        ("a strange currency", HEAD + "IN,utility,1,$,,", "line 2: '$' is not a currency"),
        ("a strange day", HEAD + "IN,utility,1,USD,1.7.2026,", "line 2: '1.7.2026' is not a day"),
        (
            "an end before its beginning",
            HEAD + "IN,utility,1,USD,2026-02-01,2026-01-01",
            "line 2: ends before it begins",
        ),
        ("twice the same", HEAD + "IN,utility,1,USD,,\nin,UTILITY,2,USD,,", "line 3: says the same as line 2"),
        ("a quote that never ends", HEAD + 'IN,utility,1,"USD,,', "line 2: is not CSV"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(label: str, text: str, problem: str) -> None:
    with pytest.raises(BadCard) as raised:
        read_card(text)
    assert str(raised.value).startswith(problem), label
    assert raised.value.mend
