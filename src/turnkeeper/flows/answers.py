"""What people type when they are asked for a number, a date, a phone number, an e-mail address."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from turnkeeper.flows.values import typed_number
from turnkeeper.model.folding import fold

_EMAIL: Final = re.compile(r"[^\s@<>\"(),:;\[\]]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}")
_DIGITS: Final = re.compile(r"\d+(?:[.,]\d+)?")
_ISO: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_SHORT: Final = re.compile(r"(\d{1,2})[-/. ](\d{1,2})(?:[-/. ](\d{4}|\d{2}))?")
_NAMED: Final = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th)? (?:of |de )?([^\W\d_]+)|([^\W\d_]+) (\d{1,2})(?:st|nd|rd|th)?)"
    r"(?: (?:de )?(\d{4}))?"
)

_MONTHS: Final = (
    "january jan januari enero janeiro janvier januar gennaio ocak январь января يناير जनवरी",
    "february feb februari febrero fevereiro fevrier februar febbraio subat февраль февраля فبراير फरवरी",
    "march mar maret maart marzo marco mars marz mart март марта مارس मार्च",
    "april apr abril avril aprile nisan апрель апреля ابريل अप्रैल",
    "may mei mayo maio mai maggio mayis май мая مايو मई",
    "june jun juni junio junho juin giugno haziran июнь июня يونيو जून",
    "july jul juli julio julho juillet luglio temmuz июль июля يوليو जुलाई",
    "august aug agustus agu ags agosto aout agustos augustus август августа اغسطس अगस्त",
    "september sep sept septiembre setembro septembre settembre eylul сентябрь сентября سبتمبر सितंबर",
    "october oct oktober okt octubre outubro octobre ottobre ekim октябрь октября اكتوبر अक्टूबर",
    "november nov noviembre novembro novembre kasim ноябрь ноября نوفمبر नवंबर",
    "december dec desember des diciembre dezembro decembre dezember dicembre aralik декабрь декабря ديسمبر दिसंबर",
)
_MONTH: Final = {fold(name): n for n, names in enumerate(_MONTHS, 1) for name in names.split()}
_NEAR: Final = {
    0: "today, hari ini, hoy, hoje, aujourd'hui, heute, oggi, bugun, сегодня, اليوم, आज",
    1: "tomorrow, besok, esok, mañana, amanhã, demain, morgen, domani, yarın, завтра, غدا, कल",
    2: "the day after tomorrow, day after tomorrow, lusa, pasado mañana, depois de amanhã, après-demain, übermorgen, "
    "dopodomani, послезавтра, بعد غد, परसों",
    -1: "yesterday, kemarin, ayer, ontem, hier, gestern, ieri, dün, вчера, امس",
}
_DAYS_AWAY: Final = {fold(word): days for days, words in _NEAR.items() for word in words.split(",")}
_WEEKDAYS: Final = (
    "monday mon senin lunes segunda segunda-feira lundi montag lunedì pazartesi понедельник الاثنين सोमवार",
    "tuesday tue selasa martes terça terça-feira mardi dienstag martedì salı вторник الثلاثاء मंगलवार",
    "wednesday wed rabu miércoles quarta quarta-feira mercredi mittwoch mercoledì çarşamba среда الاربعاء बुधवार",
    "thursday thu kamis khamis jueves quinta quinta-feira jeudi donnerstag giovedì perşembe четверг الخميس गुरुवार",
    "friday fri jumat jum'at jumaat viernes sexta sexta-feira vendredi freitag venerdì cuma пятница الجمعة शुक्रवार",
    "saturday sat sabtu sábado samedi samstag sabato cumartesi суббота السبت शनिवार",
    "sunday sun minggu ahad domingo dimanche sonntag domenica pazar воскресенье الاحد रविवार",
)
_WEEKDAY: Final = {fold(name): n for n, names in enumerate(_WEEKDAYS) for name in names.split()}


def a_number(text: str) -> float | None:
    """A number by itself, or the only one in a few words ("for 4 people")."""
    alone = typed_number(text)
    if alone is not None or len(text) > 60:
        return alone
    plain = "".join(str(int(char)) if char.isdecimal() else char for char in text)
    found = _DIGITS.findall(plain)
    return typed_number(found[0]) if len(found) == 1 else None


def a_date(text: str, today: date, *, month_first: bool = False) -> date | None:
    """A day: written in figures or with the month's name, or told from today. Without a year the next one that comes.

    `month_first`: 5/12 is the 12th of May.
    """
    said = fold(text)
    if (days := _DAYS_AWAY.get(said)) is not None:
        return today + timedelta(days=days)
    last = said.split()[-1] if said.split() else ""
    if last in _WEEKDAY and len(said.split()) <= 2:
        return today + timedelta(days=(_WEEKDAY[last] - today.weekday()) % 7 or 7)
    plain = "".join(str(int(char)) if char.isdecimal() else char for char in text.strip())
    if found := _ISO.fullmatch(plain):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _SHORT.fullmatch(plain):
        first, second = int(found[1]), int(found[2])
        day, month = (second, first) if month_first and first <= 12 else (first, second)
        if month > 12 and day <= 12:
            day, month = month, day
        return _in_year(found[3], month, day, today)
    if found := _NAMED.fullmatch(said):
        month_name, number = (found[2], found[1]) if found[1] else (found[3], found[4])
        named = _MONTH.get(month_name)
        return None if named is None else _in_year(found[5], named, int(number), today)
    return None


def _in_year(year: str | None, month: int, day: int, today: date) -> date | None:
    if year:
        return _day(int(year) + (2000 if len(year) == 2 else 0), month, day)
    soon = _day(today.year, month, day)
    return soon if soon is not None and soon >= today else _day(today.year + 1, month, day)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def an_email(text: str) -> str | None:
    """An e-mail address, alone or in a few words."""
    found = [each[0].rstrip(".") for each in _EMAIL.finditer(text[:500])]
    return found[0] if len(found) == 1 else None


def a_phone(text: str, country: str = "") -> str | None:
    """A phone number as E.164 ("+6281234567890"). `country` (ISO 3166): of numbers that are written without its
    code."""
    import phonenumbers

    plain = "".join(str(int(char)) if char.isdecimal() else char for char in text.strip()[:40])
    try:
        parsed = phonenumbers.parse(plain, country.upper() or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
