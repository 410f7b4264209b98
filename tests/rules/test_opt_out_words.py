"""What is no opt-out, though it looks like one, in the languages that are written most on WhatsApp and Telegram."""

import pytest

from turnkeeper.rules.opt_out import verdict
from turnkeeper.rules.opt_out_words import STOP

LARGE = (
    "English", "Hindi", "Spanish", "Portuguese", "Indonesian", "Arabic", "Russian", "Urdu", "Bengali", "Turkish",
    "German", "French", "Italian", "Persian", "Ukrainian", "Marathi", "Tamil", "Telugu", "Malay", "Uzbek", "Chinese",
    "Vietnamese", "Dutch", "Filipino", "Swahili", "Japanese", "Korean", "Thai", "Hebrew", "Polish",
)  # fmt: skip

NO_STOPS = [
    ("English", "stop, he is not coming"),
    ("English", "nonstop"),
    ("English", "bus stop"),
    ("English", "does the bus stop there?"),
    ("English", "Stop by any time"),
    ("English", "stop asking for my address"),
    ("English", "one stop shop"),
    ("English", "full stop"),
    ("English", "stop. wait. one more thing"),
    ("English", "cancel"),
    ("English", "cancel my order"),
    ("English", "quit smoking course"),
    ("English", "the end"),
    ("English", "remove me from the waiting list for Friday"),
    ("English", "how do I unsubscribe?"),
    ("English", "I subscribed yesterday, why did it stop"),
    ("Hindi", "रुको, मैं आ रहा हूँ"),
    ("Hindi", "दुकान कब बंद होती है"),
    ("Hindi", "band kab hoga"),
    ("Hindi", "रद्द करें"),
    ("Spanish", "alto"),
    ("Spanish", "soy bastante alto"),
    ("Spanish", "para dos personas"),
    ("Spanish", "cancelar"),
    ("Spanish", "cancelar suscripción"),
    ("Spanish", "planta baja"),
    ("Spanish", "¿dónde puedo parar?"),
    ("Portuguese", "cancelar assinatura"),
    ("Portuguese", "quero sair às oito"),
    ("Portuguese", "para"),
    ("Portuguese", "não"),
    ("Indonesian", "batal"),
    ("Indonesian", "berhenti di halte mana?"),
    ("Indonesian", "sudah berhenti hujan"),
    ("Indonesian", "jangan lupa kirim lagi"),
    ("Arabic", "قف عند الباب"),
    ("Arabic", "متى يتوقف الباص؟"),
    ("Arabic", "إلغاء"),
    ("Arabic", "إلغاء الحجز"),
    ("Russian", "стоп-кран"),
    ("Russian", "стоп, я передумал"),
    ("Russian", "отмена"),
    ("Russian", "остановка"),
    ("Urdu", "دکان کب بند ہوگی"),
    ("Urdu", "منسوخ کریں"),
    ("Bengali", "দোকান কখন বন্ধ"),
    ("Bengali", "বাতিল"),
    ("Turkish", "dur"),
    ("Turkish", "dur bir dakika"),
    ("Turkish", "durak nerede"),
    ("Turkish", "iptal"),
    ("German", "Haltestelle"),
    ("German", "stopp, falscher Tag"),
    ("German", "Ich möchte mich vom Kurs abmelden"),
    ("German", "abbrechen"),
    ("French", "arrêt de bus"),
    ("French", "sans arrêt"),
    ("French", "arrêt maladie"),
    ("French", "annuler"),
    ("Italian", "fermata"),
    ("Italian", "basta così"),
    ("Italian", "annulla iscrizione"),
    ("Persian", "ایستگاه"),
    ("Persian", "لغو"),
    ("Persian", "توقف کوتاه"),
    ("Ukrainian", "зупинка"),
    ("Ukrainian", "скасувати"),
    ("Marathi", "थांबा, मी येतोय"),
    ("Marathi", "रद्द करा"),
    ("Tamil", "பேருந்து நிறுத்தம்"),
    ("Telugu", "బస్ స్టాప్ ఎక్కడ"),
    ("Malay", "perhentian bas"),
    ("Malay", "batalkan"),
    ("Uzbek", "avtobus bekati"),
    ("Uzbek", "to'xtang, men kelyapman"),
    ("Chinese", "停止营业"),
    ("Chinese", "取消"),
    ("Chinese", "不停"),
    ("Vietnamese", "dừng lại"),
    ("Vietnamese", "hủy đăng ký"),
    ("Vietnamese", "trạm dừng xe buýt"),
    ("Dutch", "niet stoppen"),
    ("Dutch", "bushalte"),
    ("Filipino", "hinto muna tayo doon"),
    ("Filipino", "walang tigil ang ulan"),
    ("Swahili", "kituo cha basi"),
    ("Swahili", "acha"),
    ("Japanese", "停止線はどこですか"),
    ("Japanese", "キャンセル"),
    ("Korean", "정지선"),
    ("Korean", "취소"),
    ("Thai", "วันหยุด"),
    ("Thai", "ยกเลิก"),
    ("Hebrew", "תחנת עצירה"),
    ("Hebrew", "ביטול"),
    ("Polish", "rezygnuję"),
    ("Polish", "przystanek"),
    ("Finnish", "peru tilaus"),
    ("Serbian", "odjava"),
]


@pytest.mark.parametrize(("language", "said"), NO_STOPS, ids=[f"{row[0]}: {ascii(row[1])[:40]}" for row in NO_STOPS])
def test_no_opt_out(language: str, said: str) -> None:
    assert language in STOP
    assert verdict(said) is None


def test_the_large_languages_have_words_and_false_positives() -> None:
    assert len(LARGE) >= 20
    assert {language for language, _ in NO_STOPS} >= set(LARGE)
    for language in LARGE:
        assert len(STOP[language].split(",")) >= 3, language


@pytest.mark.parametrize("language", LARGE)
def test_a_word_in_a_sentence_is_none(language: str) -> None:
    for word in STOP[language].split(","):
        assert verdict(word) == "stop"
        assert verdict(f"{word.strip()}, 7 x") is None
        assert verdict(f"x 7 {word.strip()}") is None
