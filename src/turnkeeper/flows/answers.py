"""What people type when they are asked for a number, a date, a phone number, an e-mail address."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from turnkeeper.flows.values import figures, typed_number
from turnkeeper.model.folding import fold

_EMAIL: Final = re.compile(r"[^\s@<>\"(),:;\[\]]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}(?![A-Za-z0-9-])")
_FIGURES: Final = re.compile(r"[+-]?[0-9]+(?:[.,' ]?[0-9]+)*")
_UNIT: Final = re.compile(r" ?([^\W\d_]+)")
_TIMES: Final = {"k": 1e3, "rb": 1e3, "ribu": 1e3, "jt": 1e6, "juta": 1e6, "lakh": 1e5, "crore": 1e7, "mil": 1e3}
_ISO: Final = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_EASTERN: Final = re.compile(r"(?:([0-9]{4})[年년] ?)?([0-9]{1,2})[月월] ?([0-9]{1,2})[日号號일]?")
_SHORT: Final = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})(?:[-/. ]([0-9]{4}|[0-9]{2}))?\.?")

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
    0: "today, hari ini, hoy, hoje, aujourd'hui, heute, oggi, bugün, сегодня, اليوم, आज, 今天, 今日, 오늘",
    1: "tomorrow, besok, esok, mañana, amanhã, demain, morgen, domani, yarın, завтра, غدا, कल, 明天, 明日, 내일",
    2: "the day after tomorrow, day after tomorrow, lusa, pasado mañana, depois de amanhã, après-demain, übermorgen, "
    "dopodomani, послезавтра, بعد غد, परसों, 后天, 明後日, 모레",
    -1: "yesterday, kemarin, ayer, ontem, hier, gestern, ieri, dün, вчера, امس, 昨天, 昨日, 어제",
}
_DAYS_AWAY: Final = {fold(word): days for days, words in _NEAR.items() for word in words.split(",")}
_WEEKDAYS: Final = (
    "monday mon senin lunes segunda lundi montag lunedì pazartesi понедельник الاثنين सोमवार",
    "tuesday tue selasa martes terça mardi dienstag martedì salı вторник الثلاثاء मंगलवार",
    "wednesday wed rabu miércoles quarta mercredi mittwoch mercoledì çarşamba среда الاربعاء बुधवार",
    "thursday thu kamis khamis jueves quinta jeudi donnerstag giovedì perşembe четверг الخميس गुरुवार",
    "friday fri jumat jum'at jumaat viernes sexta vendredi freitag venerdì cuma пятница الجمعة शुक्रवार",
    "saturday sat sabtu sábado samedi samstag sabato cumartesi суббота السبت शनिवार",
    "sunday sun minggu ahad domingo dimanche sonntag domenica pazar воскресенье الاحد रविवार",
)
_WEEKDAY: Final = {fold(name): n for n, names in enumerate(_WEEKDAYS) for name in names.split()}


_FILLER_WORDS: Final = (
    "on the of at this next coming am im an den dem der des le la el les de del di do da em no na dia il lo "
    "pada tgl tanggal hari ini depan bulan tahun kommenden nächsten diesen próximo próxima prochain prossimo "
    "este esta feira г года в في يوم को"
)
_FILLERS: Final = frozenset(fold(word) for word in _FILLER_WORDS.split())
_ORDINAL: Final = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th|er|ere|re|eme|o|a|e)?")
_YEAR: Final = re.compile(r"[0-9]{4}")
_FAR: Final = 20
"""A year of two digits that is further ahead than this is one of the last century."""


def a_number(text: str) -> float | None:
    """A number by itself, or the only one in a few words ("for 4 people", "Rp 50.000", "50k")."""
    alone = typed_number(text)
    if alone is not None or len(text) > 60:
        return alone
    plain = figures(text)
    found = list(_FIGURES.finditer(plain))
    if len(found) != 1:
        return None
    said = found[0][0]
    if said[0] in "+-" and found[0].start() and not plain[found[0].start() - 1].isspace():
        said = said[1:]
    size = typed_number(said)
    unit = _UNIT.match(plain, found[0].end())
    return None if size is None else size * (_TIMES.get(fold(unit[1]), 1) if unit else 1)


def a_date(text: str, today: date, *, month_first: bool = False) -> date | None:
    """A day: written in figures or with the month's name, or told from today. Without a year the next one that comes.

    `month_first`: 5/12 is the 12th of May.
    """
    if len(text) > 60:
        return None
    said, parts = fold(text), figures(text).split()
    while len(parts) > 1 and fold(parts[0]) in _FILLERS:
        parts = parts[1:]
    plain = " ".join(parts)
    if (days := _DAYS_AWAY.get(said)) is not None:
        return today + timedelta(days=days)
    if found := _ISO.fullmatch(plain) or _EASTERN.fullmatch(plain):
        return _in_year(found[1], int(found[2]), int(found[3]), today)
    if found := _SHORT.fullmatch(plain):
        first, second = int(found[1]), int(found[2])
        day, month = (second, first) if month_first and first <= 12 else (first, second)
        if month > 12 and day <= 12:
            day, month = month, day
        return _in_year(found[3], month, day, today)
    return _named([word for word in said.split() if word not in _FILLERS], today)


def _named(words: list[str], today: date) -> date | None:
    """A day of the week, or a day and the name of its month, in any order, with a year or without."""
    if len(words) > 2 and words[0] in _WEEKDAY:
        words = words[1:]
    if len(words) == 1 and words[0] in _WEEKDAY:
        return today + timedelta(days=(_WEEKDAY[words[0]] - today.weekday()) % 7 or 7)
    months = [_MONTH[word] for word in words if word in _MONTH]
    years = [word for word in words if _YEAR.fullmatch(word)]
    days = [int(found[1]) for word in words if (found := _ORDINAL.fullmatch(word))]
    if len(months) != 1 or len(days) != 1 or len(years) > 1 or len(words) != len(years) + 2:
        return None
    return _in_year(years[0] if years else None, months[0], days[0], today)


def _in_year(year: str | None, month: int, day: int, today: date) -> date | None:
    if year and len(year) == 4:
        return _day(int(year), month, day)
    if year:
        near = 2000 + int(year)
        return _day(near if near <= today.year + _FAR else near - 100, month, day)
    # The 29th of February may be eight years away.
    coming = (_day(each, month, day) for each in range(today.year, today.year + 9))
    return next((each for each in coming if each is not None and each >= today), None)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def an_email(text: str) -> str | None:
    """An e-mail address, alone or in a few words."""
    found = dict.fromkeys(each[0] for each in _EMAIL.finditer(text[:500]))
    if len(found) != 1:
        return None
    name, _, host = next(iter(found)).rpartition("@")
    return f"{name}@{host.lower()}"


def a_phone(text: str, country: str = "") -> str | None:
    """A phone number as E.164 ("+6281234567890"). `country` (ISO 3166): of numbers that are written without its
    code."""
    import phonenumbers

    if len(text) > 100:
        return None
    try:
        parsed = phonenumbers.parse(figures(text), country.upper() or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
