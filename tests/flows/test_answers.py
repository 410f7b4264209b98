"""What people type when they are asked: numbers, days in many languages and around the year's end, phones, e-mails."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from turnkeeper.flows.answers import a_date, a_number, a_phone, an_email

TODAY = date(2026, 11, 20)  # a Friday


@pytest.mark.parametrize(
    "text, expected",
    [
        ("4", 4),
        ("for 4 people", 4),
        ("Rp 50.000", 50000),
        ("Rp1.500.000,-", 1500000),
        ("₹1,00,000", 100000),
        ("about 1,200.50 please", 1200.5),
        ("it is -5 degrees", -5),
        ("covid-19", 19),
        ("50k", 50000),
        ("5 rb", 5000),
        ("2 juta", 2e6),
        ("1,5 jt", 1.5e6),
        ("3 lakh", 3e5),
        ("5kg", 5),
        ("٤ أشخاص", 4),
        ("४ लोग", 4),
        ("4.", 4),
        ("(4)", 4),
        ("2nd", 2),
        ("", None),
        ("four", None),
        ("3-4", None),
        ("2 or 3", None),
        ("10:30", None),
        ("1/2", None),
        ("2026-12-05", None),
        ("1 2", None),
        ("4 " + "x" * 100, None),
        ("9" * 4096, None),
    ],
)
def test_numbers(text: str, expected: float | None) -> None:
    assert a_number(text) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("2026-12-05", "2026-12-05"),
        ("2026/12/5", "2026-12-05"),
        ("2025-01-02", "2025-01-02"),
        ("5/12/2026", "2026-12-05"),
        ("05.12.2026", "2026-12-05"),
        ("5.12.", "2026-12-05"),
        ("am 5.12.", "2026-12-05"),
        ("5 12 2026", "2026-12-05"),
        ("5-12-26", "2026-12-05"),
        ("5/12/85", "1985-12-05"),
        ("5/12/46", "2046-12-05"),
        ("5/12/47", "1947-12-05"),
        ("5/13", "2027-05-13"),
        ("13/5", "2027-05-13"),
        ("20/11", "2026-11-20"),
        ("19/11", "2027-11-19"),
        ("31/12", "2026-12-31"),
        ("1/1", "2027-01-01"),
        ("29/2", "2028-02-29"),
        ("٥/١٢/٢٠٢٦", "2026-12-05"),
        ("५/१२", "2026-12-05"),
        ("5 December", "2026-12-05"),
        ("December 5", "2026-12-05"),
        ("Dec 5th, 2027", "2027-12-05"),
        ("the 5th of December", "2026-12-05"),
        ("on Saturday, 5 December 2026", "2026-12-05"),
        ("5 dec", "2026-12-05"),
        ("1 January", "2027-01-01"),
        ("2026 December 5", "2026-12-05"),
        ("5 Desember", "2026-12-05"),
        ("tanggal 5 Desember 2026", "2026-12-05"),
        ("tgl 17 agustus", "2027-08-17"),
        ("5 de diciembre de 2026", "2026-12-05"),
        ("el 5 de diciembre", "2026-12-05"),
        ("dia 5 de dezembro", "2026-12-05"),
        ("1º de janeiro", "2027-01-01"),
        ("le 1er janvier", "2027-01-01"),
        ("5 décembre", "2026-12-05"),
        ("am 5. Dezember", "2026-12-05"),
        ("3. März", "2027-03-03"),
        ("il 5 dicembre", "2026-12-05"),
        ("5 aralık", "2026-12-05"),
        ("5 декабря 2026 г.", "2026-12-05"),
        ("5 ديسمبر", "2026-12-05"),
        ("٥ ديسمبر ٢٠٢٦", "2026-12-05"),
        ("5 दिसंबर", "2026-12-05"),
        ("12月5日", "2026-12-05"),
        ("2027年1月2日", "2027-01-02"),
        ("12월 5일", "2026-12-05"),
        ("today", "2026-11-20"),
        ("Tomorrow!", "2026-11-21"),
        ("the day after tomorrow", "2026-11-22"),
        ("yesterday", "2026-11-19"),
        ("hari ini", "2026-11-20"),
        ("besok", "2026-11-21"),
        ("lusa", "2026-11-22"),
        ("mañana", "2026-11-21"),
        ("aujourd’hui", "2026-11-20"),
        ("übermorgen", "2026-11-22"),
        ("amanhã", "2026-11-21"),
        ("yarın", "2026-11-21"),
        ("bugün", "2026-11-20"),
        ("завтра", "2026-11-21"),
        ("غدًا", "2026-11-21"),
        ("कल", "2026-11-21"),
        ("明天", "2026-11-21"),
        ("내일", "2026-11-21"),
        ("Friday", "2026-11-27"),
        ("saturday", "2026-11-21"),
        ("next Monday", "2026-11-23"),
        ("on monday", "2026-11-23"),
        ("senin", "2026-11-23"),
        ("hari Senin depan", "2026-11-23"),
        ("segunda-feira", "2026-11-23"),
        ("el lunes", "2026-11-23"),
        ("am Montag", "2026-11-23"),
        ("понедельник", "2026-11-23"),
        ("الاثنين", "2026-11-23"),
        ("सोमवार", "2026-11-23"),
        ("jum'at", "2026-11-27"),
        ("", None),
        ("soon", None),
        ("31/4", None),
        ("30 February", None),
        ("0/5", None),
        ("32/1", None),
        ("2026-13-01", None),
        ("99999999", None),
        ("5", None),
        ("December", None),
        ("5 6 December", None),
        ("5 December or 6", None),
        ("5 December 2026 2027", None),
        ("0000-01-01", None),
        ("monday tuesday", None),
        ("5 december " + "x" * 60, None),
        ("²/12", None),
    ],
)
def test_days(text: str, expected: str | None) -> None:
    found = a_date(text, TODAY)
    assert (found.isoformat() if found else None) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("5/12", "2027-05-12"),
        ("12/5", "2026-12-05"),
        ("13/5", "2027-05-13"),
        ("12/25/2026", "2026-12-25"),
        ("5 December", "2026-12-05"),
        ("2026-12-05", "2026-12-05"),
    ],
)
def test_month_first(text: str, expected: str) -> None:
    assert str(a_date(text, TODAY, month_first=True)) == expected


@pytest.mark.parametrize(
    "today, text, expected",
    [
        (date(2026, 12, 31), "tomorrow", "2027-01-01"),
        (date(2026, 12, 31), "1 January", "2027-01-01"),
        (date(2026, 12, 31), "31/12", "2026-12-31"),
        (date(2027, 1, 1), "31/12", "2027-12-31"),
        (date(2027, 1, 1), "yesterday", "2026-12-31"),
        (date(2028, 2, 29), "29 February", "2028-02-29"),
        (date(2028, 3, 1), "29 February", "2032-02-29"),
        (date(2097, 3, 1), "29/2", "2104-02-29"),
        (date(2026, 12, 28), "sunday", "2027-01-03"),
        (date(9999, 12, 31), "1 January", "None"),
    ],
)
def test_around_the_years_end(today: date, text: str, expected: str) -> None:
    assert str(a_date(text, today)) == expected


@settings(max_examples=30, deadline=None)
@given(
    st.dates(date(2026, 11, 20), date(2027, 11, 19)),
    st.sampled_from(["%d/%m", "%d %B", "%B %d", "%d %b", "%Y-%m-%d", "%d.%m.%Y"]),
)
def test_every_day_of_a_year_is_understood(day: date, style: str) -> None:
    assert a_date(day.strftime(style), TODAY) == day


@pytest.mark.parametrize(
    "text, country, expected",
    [
        ("+62 812-3456-7890", "", "+6281234567890"),
        ("0812 3456 7890", "ID", "+6281234567890"),
        ("0812 3456 7890", "id", "+6281234567890"),
        ("my number is 0812 3456 7890", "ID", "+6281234567890"),
        ("٠٨١٢٣٤٥٦٧٨٩٠", "ID", "+6281234567890"),
        ("0812 3456 7890", "", None),
        ("0812 3456 7890", "??", None),
        ("12", "ID", None),
        ("", "ID", None),
        ("none", "ID", None),
        ("+999 123", "", None),
        ("x" * 95 + "+62812345", "", None),
        ("my phone number, the one that I use at home, is +62 812 3456 7890", "", "+6281234567890"),
    ],
)
def test_phones(text: str, country: str, expected: str | None) -> None:
    assert a_phone(text, country) == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ("ana@a.example", "ana@a.example"),
        ("Ana.B+x@Mail.A.Example", "Ana.B+x@mail.a.example"),
        ("it is ana@a.example.", "ana@a.example"),
        ("mailto:ana@a.example", "ana@a.example"),
        ("<ana@a.example>", "ana@a.example"),
        ("ana@a.example, ana@a.example", "ana@a.example"),
        ("", None),
        ("ana", None),
        ("ana@a", None),
        ("@a.example", None),
        ("ana@.example", None),
        ("a@b.example c@d.example", None),
        ("ana@a.example" + "x" * 600, None),
    ],
)
def test_emails(text: str, expected: str | None) -> None:
    assert an_email(text) == expected


@settings(max_examples=30, deadline=None)
@given(st.text(max_size=70) | st.text(alphabet="0123456789 .,'-/+k@a٣२", max_size=30), st.booleans())
def test_nothing_typed_raises(text: str, month_first: bool) -> None:
    a_number(text)
    a_date(text, TODAY, month_first=month_first)
    an_email(text)
    a_phone(text, "ID")
