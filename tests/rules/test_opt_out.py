"""STOP works by itself, in every language, and "stop, he is not coming" unsubscribes nobody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.rules import opt_out, opt_out_words
from turnkeeper.rules.opt_out import fold, verdict

STOPS = [
    "stop", "STOP", "Stop!", " stop. ", "*STOP*", "_stop_", '"stop"', "/stop", "stop 🛑", "🛑️ STOP 🛑️", "ＳＴＯＰ",
    "𝐒𝐓𝐎𝐏", "sto\u200bp", "Stop\n", "UNSUBSCRIBE", "Opt-out", "opt out", "STOP ALL", "Stop promotions", "¡BAJA!",
    "darme de baja", "PARAR", "sair", "arrêt", "ARRET", "Désabonner", "stopp", "Abmelden", "disiscrivimi",
    "uitschrijven", "sluta", "afmeld", "avmeld", "lopeta", "wypisz mnie", "odhlásit", "odhlasit", "leiratkozás",
    "dezabonare", "отписване", "одјави", "СТОП", "отписаться", "відписатися", "ΣΤΟΠ", "σταματα", "DURDUR",
    "abonelikten çık", "to‘xtat", "توقف", "إلغاء الاشتراك", "الغاء الاشتراك", "توقّف", "הסר", "لغو۱۱",
    "بند کرو", "بند كرو", "रोको", "बंद करें", "বন্ধ করুন", "બંધ કરો", "ਰੋਕੋ", "நிறுத்து", "ఆపండి",
    "ನಿಲ್ಲಿಸಿ", "നിർത്തുക", "berhenti", "henti", "itigil", "dừng", "DUNG", "หยุด", "退订", "停止", "配信停止",
    "ストップ", "ｽﾄｯﾌﾟ", "수신거부", "그만", "sitisha", "አቁም", "dakata", "yeka",
]  # fmt: skip
NEITHER = [
    None, "", " ", "🛑", "!", "stop it", "Stop, he is not coming", "please stop by at 5", "stop by tomorrow",
    "can you stop the delivery", "non-stop", "nonstop", "bus stop", "stopp mal kurz bitte", "don't stop",
    "I can't stop laughing", "stop and start", "start over", "start again", "when does it start?", "where do I start",
    "let's start", "stop? no!", "cancel", "end", "quit", "no", "enough", "basta", "alto, que ya voy",
    "para mañana", "parar en la esquina", "arrête de rire", "ne pars pas", "sair amanhã", "dur bakalım",
    "не останавливайся", "стоп, он не придёт", "توقف عن المزاح", "मत रोको", "停止营业了吗", "停止中ですか",
    "그만 웃어", "berhenti di halte", "I want to unsubscribe from the gym, can you help?", "stopstop", "unstoppable",
    "my résumé", "resume", "stop " * 500, "\ud800",
]  # fmt: skip
STARTS = [
    "start", "START", "/start", "Start!", "unstop", "SUBSCRIBE", "opt in", "alta", "começar", "démarrer", "anmelden",
    "iscrivimi", "старт", "подписаться", "έναρξη", "başla", "اشترك", "התחל", "शुरू करें", "শুরু", "mulai", "bắt đầu",
    "เริ่ม", "开始", "再開", "시작",
]  # fmt: skip


@pytest.mark.parametrize("text", STOPS)
def test_stop(text: str) -> None:
    assert verdict(text) == "stop"


@pytest.mark.parametrize("text", STARTS)
def test_start(text: str) -> None:
    assert verdict(text) == "start"


@pytest.mark.parametrize("text", NEITHER, ids=lambda text: ascii(text)[:40])
def test_neither(text: str | None) -> None:
    assert verdict(text) is None


def test_no_word_both_stops_and_starts_and_none_folds_away() -> None:
    stops, starts = opt_out._STOP_WORDS, opt_out._START_WORDS
    assert stops.isdisjoint(starts)
    assert "" not in stops | starts


def test_every_word_of_every_language_works_as_it_is_written() -> None:
    assert len(opt_out_words.STOP) > 40
    for table, expected in ((opt_out_words.STOP, "stop"), (opt_out_words.START, "start")):
        for language, words in table.items():
            for word in words.split(","):
                assert verdict(word) == expected, (language, word)


words = st.sampled_from([word.strip() for line in opt_out_words.STOP.values() for word in line.split(",")])
around = st.text(alphabet=" .!?,…*_~'\"()-\n🛑🙏", max_size=5)


@given(words, around, around, st.booleans())
def test_case_and_marks_around_a_word_change_nothing(word: str, before: str, after: str, loud: bool) -> None:
    said = word.upper() if loud else word
    assert verdict(before + said + after) == "stop"


@given(words, st.text(alphabet=st.characters(categories=["Ll", "Lo"]), min_size=8, max_size=20))
def test_a_word_within_a_sentence_changes_nothing(word: str, more: str) -> None:
    assert verdict(f"{word}, {more}") is None
    assert verdict(f"{more} {word}") is None


@given(st.text(max_size=80))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=80))
def test_any_text_has_a_verdict(text: str) -> None:
    assert verdict(text) in ("stop", "start", None)
