"""Whether a message says yes or no to what the bot offered last: as a whole, nothing less.

"yes" alone counts, and "yes please"; "yes, but first tell me the price" is a message like any other. A word that
says yes in one language and no in another ("tak") says neither.
"""

from __future__ import annotations

from typing import Literal

from turnkeeper.rules.opt_out import fold

YES_ID = "turnkeeper.yes"
NO_ID = "turnkeeper.no"
"""What the two buttons under an offer are known by."""
_LONGEST = 60
_QUESTION_MARKS = ("?", "？", "؟", ";", "՞", "፧")

_YES = {
    "English": "yes, yes please, yeah, yep, yup, sure, ok, okay, please, please do, do it, of course, yes thanks, "
    "yes thank you, go ahead, y",
    "Spanish": "sí, si por favor, claro, claro que sí, por favor, vale, de acuerdo",
    "Portuguese": "sim, sim por favor, claro, pode ser, pode, por favor",
    "French": "oui, oui s'il vous plaît, oui merci, d'accord, bien sûr, volontiers, s'il vous plaît, ouais",
    "German": "ja, ja bitte, gerne, ja gerne, bitte, klar, natürlich, jawohl",
    "Italian": "sì, sì grazie, sì per favore, certo, va bene, volentieri, per favore",
    "Dutch": "ja graag, graag, prima, alsjeblieft, ja alstublieft",
    "Swedish": "ja tack, gärna, visst",
    "Polish": "tak proszę, proszę, jasne, dobrze",
    "Russian": "да, да пожалуйста, пожалуйста, конечно, хорошо, давайте, ага",
    "Ukrainian": "так, так будь ласка, звичайно, добре",
    "Turkish": "evet, evet lütfen, lütfen, tamam, olur, tabii",
    "Greek": "ναι, ναι παρακαλώ, βεβαίως",
    "Arabic": "نعم, نعم من فضلك, نعم لو سمحت, أجل, ايوه, أيوة, طيب, تمام, من فضلك, موافق",
    "Hebrew": "כן, כן בבקשה, בבקשה, בטח, בסדר",
    "Persian": "بله, بله لطفا, آره, لطفا, باشه, حتما",
    "Urdu": "جی, جی ہاں, ہاں, ہاں جی, ٹھیک ہے",
    "Hindi": "हाँ, हां, जी, जी हाँ, हाँ जी, ठीक है, haan, han, ji, theek hai",
    "Bengali": "হ্যাঁ, হ্যা, জি, জী, ঠিক আছে",
    "Tamil": "ஆம், ஆமாம், சரி",
    "Indonesian": "ya, iya, ya tolong, ya boleh, boleh, tolong, oke, baik, baiklah, silakan, ya mau, mau",
    "Malay": "ya sila, baik boleh, ya nak, nak",
    "Filipino": "oo, opo, sige, sige po, oo please",
    "Vietnamese": "vâng, dạ, vâng ạ, được, đồng ý",
    "Thai": "ใช่, ใช่ครับ, ใช่ค่ะ, ครับ, ค่ะ, ได้, ได้ครับ, ได้ค่ะ, ตกลง, เอา, ต้องการ",
    "Chinese": "是, 是的, 好, 好的, 可以, 要, 行, 麻烦了, 麻煩了",
    "Japanese": "はい, ええ, お願いします, はいお願いします, うん",
    "Korean": "네, 예, 네 부탁해요, 네 부탁드립니다, 응, 좋아요",
    "Swahili": "ndiyo, ndio, sawa, tafadhali",
}

_NO = {
    "English": "no, no thanks, no thank you, nope, nah, not now, n",
    "Spanish": "no gracias, ahora no",
    "Portuguese": "não, não obrigado, não obrigada, agora não",
    "French": "non, non merci, pas maintenant",
    "German": "nein, nein danke, nö, nicht nötig",
    "Italian": "no grazie, non ora",
    "Dutch": "nee, nee dank je, nee bedankt",
    "Swedish": "nej, nej tack",
    "Polish": "nie, nie dziękuję",
    "Russian": "нет, нет спасибо, не надо",
    "Ukrainian": "ні, ні дякую, не треба",
    "Turkish": "hayır, hayır teşekkürler, yok",
    "Greek": "όχι, όχι ευχαριστώ",
    "Arabic": "لا, لا شكرا, ليس الآن",
    "Hebrew": "לא, לא תודה",
    "Persian": "نه, نه ممنون, خیر",
    "Urdu": "نہیں, جی نہیں, نہیں شکریہ",
    "Hindi": "नहीं, जी नहीं, नही, nahi, nahin",
    "Bengali": "না, না ধন্যবাদ",
    "Tamil": "இல்லை, வேண்டாம்",
    "Indonesian": "tidak, tidak usah, nggak, enggak, gak, tidak terima kasih, jangan",
    "Malay": "tak payah, tidak perlu",
    "Filipino": "hindi, hindi po, huwag na",
    "Vietnamese": "không, không cần, thôi",
    "Thai": "ไม่, ไม่ครับ, ไม่ค่ะ, ไม่ต้อง, ไม่เป็นไร",
    "Chinese": "不, 不用, 不用了, 不要, 不是",
    "Japanese": "いいえ, 結構です, いや",
    "Korean": "아니요, 아니오, 괜찮아요, 아뇨",
    "Swahili": "hapana",
}


def _table(words: dict[str, str]) -> frozenset[str]:
    return frozenset(fold(word) for line in words.values() for word in line.split(","))


_YES_WORDS = _table(_YES)
_NO_WORDS = _table(_NO)


def answer(said: str | None, chosen: str | None = None) -> Literal["yes", "no"] | None:
    """What a message says to an offer; None for everything else. `chosen`: the id of what was tapped."""
    if chosen in (YES_ID, NO_ID):
        return "yes" if chosen == YES_ID else "no"
    if said is None or len(said) > _LONGEST:
        return None
    folded = fold(said)
    if folded in _YES_WORDS:
        return "yes"
    return "no" if folded in _NO_WORDS else None


def offers(reply: str) -> bool:
    """Whether a fixed reply asks something, to which yes means a person."""
    return reply.rstrip(" \t\n*_").endswith(_QUESTION_MARKS)
