"""Words by which people stop our messages and start them again: the whole message, nothing less.

"stop" alone counts; "stop, he is not coming" does not. Words that people also give as answers to a
bot ("cancel", "end", "quit", "no") are left out on purpose, though some carriers count them.
A "start" means something only for a contact who had opted out.
"""

from __future__ import annotations

from typing import Literal

from turnkeeper.model.folding import fold as fold

_LONGEST = 60

_STOP = {
    "English": "stop, stop all, stopall, unsubscribe, unsubscribe me, opt out, optout, "
    "stop messages, stop messaging me, stop sending messages, stop promotions, remove me",
    "Spanish": "alto, parar, detener, baja, darme de baja, dar de baja, desuscribir, "
    "desuscribirme, cancelar suscripción, detener promociones",
    "Portuguese": "pare, parar, sair, descadastrar, cancelar inscrição, cancelar assinatura, interromper promoções",
    "French": "arrêt, arrêter, arrêtez, désabonner, désabonnement, me désabonner, se désabonner, "
    "désinscrire, désinscription",
    "German": "stopp, abmelden, abbestellen, austragen",
    "Italian": "ferma, fermare, disiscrivi, disiscrivimi, disiscriviti, annulla iscrizione",
    "Dutch": "stoppen, afmelden, uitschrijven",
    "Swedish": "stoppa, sluta, avregistrera, avprenumerera",
    "Danish": "afmeld, frameld",
    "Norwegian": "avmeld, meld av",
    "Finnish": "lopeta, seis, peru tilaus, peruuta tilaus",
    "Polish": "wypisz, wypisz mnie, rezygnuję",
    "Czech": "odhlásit, odhlásit se, zastavit",
    "Slovak": "odhlásiť, odhlásiť sa, zastaviť",
    "Hungarian": "állj, leiratkozás, leiratkozom",
    "Romanian": "oprește, dezabonare, dezabonează, dezaboneaza-mă",
    "Bulgarian": "спри, отпиши ме, отписване",
    "Serbian": "стани, одјави, odjavi, odjava",
    "Croatian": "odjavi me, odjavi se",
    "Russian": "стоп, отписаться, отпишись, отпишите меня, отписка",
    "Ukrainian": "зупинити, відписатися, відпишіть мене, відписка",
    "Greek": "στοπ, σταμάτα, διακοπή, απεγγραφή",
    "Turkish": "dur, durdur, abonelikten çık, üyelikten çık",
    "Azerbaijani": "dayandır",
    "Kazakh": "тоқта, тоқтату",
    "Uzbek": "to'xta, to'xtat, to'xtating",
    "Georgian": "სტოპ, შეწყვეტა",
    "Armenian": "ստոպ, դադարեցնել",
    "Arabic": "توقف, قف, إيقاف, أوقف, إلغاء الاشتراك, الغي الاشتراك",
    "Hebrew": "עצור, הסר, הסרה, הסירו אותי, הפסק",
    "Persian": "توقف, لغو اشتراک, لغو عضویت, لغو11",
    "Urdu": "بند کرو, بند کریں, روکو, روکیں",
    "Hindi": "स्टॉप, बंद करो, बंद करें, बन्द करो, रोको, रोकें",
    "Bengali": "স্টপ, বন্ধ করো, বন্ধ করুন, থামো, থামুন",
    "Marathi": "थांबा, थांबवा, बंद करा",
    "Gujarati": "બંધ કરો, રોકો",
    "Punjabi": "ਬੰਦ ਕਰੋ, ਰੋਕੋ",
    "Tamil": "நிறுத்து, நிறுத்தவும், நிறுத்துங்கள்",
    "Telugu": "ఆపు, ఆపండి, ఆపివేయి",
    "Kannada": "ನಿಲ್ಲಿಸು, ನಿಲ್ಲಿಸಿ",
    "Malayalam": "നിർത്തുക, നിർത്തൂ",
    "Indonesian": "berhenti, hentikan, berhenti langganan, berhenti berlangganan",
    "Malay": "henti, henti langganan",
    "Filipino": "itigil, tigil, ihinto",
    "Vietnamese": "dừng, dừng lại, ngừng, hủy đăng ký",
    "Thai": "หยุด, ยกเลิกการสมัคร, ยกเลิกสมาชิก, เลิกรับข้อความ",
    "Chinese": "停止, 退订, 退訂, 取消订阅, 取消訂閱",
    "Japanese": "停止, ストップ, 配信停止, 登録解除, 購読解除",
    "Korean": "중지, 정지, 그만, 수신거부, 수신 거부, 구독취소, 구독 취소",
    "Swahili": "simamisha, sitisha, acha kutuma, jiondoe",
    "Amharic": "አቁም, አቁሙ",
    "Hausa": "dakata, tsaya",
    "Zulu": "yeka, misa",
}

_START = {
    "English": "start, unstop, subscribe, subscribe me, opt in, optin, start messages",
    "Spanish": "alta, darme de alta, comenzar, iniciar, suscribir, suscribirme",
    "Portuguese": "começar, retomar, inscrever",
    "French": "démarrer, reprendre, s'abonner, abonner, m'abonner",
    "German": "starten, anmelden, abonnieren",
    "Italian": "inizia, iscriviti, iscrivimi",
    "Dutch": "aanmelden, inschrijven",
    "Swedish": "starta, prenumerera",
    "Danish": "tilmeld",
    "Norwegian": "meld på",
    "Finnish": "aloita, tilaa",
    "Polish": "zapisz, zapisz mnie",
    "Czech": "přihlásit, přihlásit se",
    "Slovak": "prihlásiť, prihlásiť sa",
    "Hungarian": "indítás, feliratkozás, feliratkozom",
    "Romanian": "pornește, abonare",
    "Bulgarian": "започни, абонирай ме",
    "Serbian": "почни, пријави, prijavi",
    "Russian": "старт, начать, подписаться",
    "Ukrainian": "почати, підписатися",
    "Greek": "έναρξη, εγγραφή",
    "Turkish": "başla, başlat, abone ol",
    "Azerbaijani": "başlat",
    "Arabic": "ابدأ, بدء, اشترك, اشتراك",
    "Hebrew": "התחל, הצטרף",
    "Persian": "شروع, عضویت",
    "Urdu": "شروع کرو, شروع کریں",
    "Hindi": "स्टार्ट, शुरू, शुरू करो, शुरू करें",
    "Bengali": "স্টার্ট, শুরু, শুরু করুন",
    "Marathi": "सुरू करा",
    "Gujarati": "શરૂ કરો",
    "Punjabi": "ਸ਼ੁਰੂ ਕਰੋ",
    "Tamil": "தொடங்கு, தொடங்கவும்",
    "Telugu": "ప్రారంభించు, ప్రారంభించండి",
    "Kannada": "ಪ್ರಾರಂಭಿಸಿ",
    "Malayalam": "ആരംഭിക്കുക",
    "Indonesian": "mulai, berlangganan",
    "Malay": "mula, langgan",
    "Filipino": "simulan, magsimula",
    "Vietnamese": "bắt đầu, đăng ký",
    "Thai": "เริ่ม, เริ่มต้น, สมัคร",
    "Chinese": "开始, 開始, 订阅, 訂閱",
    "Japanese": "スタート, 再開, 配信再開",
    "Korean": "시작, 구독, 수신동의",
    "Swahili": "anza, jiunge",
    "Amharic": "ጀምር",
}


def _table(words: dict[str, str]) -> frozenset[str]:
    return frozenset(fold(word) for line in words.values() for word in line.split(","))


_STOP_WORDS = _table(_STOP)
_START_WORDS = _table(_START)


def verdict(text: str | None) -> Literal["stop", "start"] | None:
    """Whether the message as a whole asks to stop or to start; None for every other message."""
    if text is None or len(text) > _LONGEST:
        return None
    said = fold(text)
    if said in _STOP_WORDS:
        return "stop"
    return "start" if said in _START_WORDS else None
