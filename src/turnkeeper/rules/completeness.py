"""How much a message looks like the end of what someone wants to say, from 0 to 1, in any script.

It only ever shortens a wait: a wrong guess costs seconds or a restarted turn, never a message. So
it looks at what every script shows (marks, length, emoji) and at a few words of common languages.
"""

from __future__ import annotations

import unicodedata

NOTHING_TO_READ = 0.3
QUESTION = 0.96
SENTENCE = 0.9
ROUND_SENTENCE = 0.78
REPLY = 0.85
PICTOGRAM = 0.8
GREETING = 0.55
FRAGMENT = 0.35
UNFINISHED = 0.04

_QUESTION_MARKS = frozenset("?？؟՞፧;⁇⁈⁉‽⸮꘏꛷𑅃⳺⳻︖﹖")
_FULL_STOPS = frozenset(".!。！．｡।॥۔։።၊။᙮᠃᠉᭚᭛᱾᱿꓿꘎꛳꤯꩝꩞꩟꫰꯫‼︒﹒﹗︕🔚។៕߹܀܁܂")
_OPEN_ENDS = frozenset(",、，،؛;:：；﹐﹑･፣፤-–—‐/&+=([{（［｛「『【《〈«‹“‘¿¡…⋯՝")
_CLOSERS = frozenset(")]}）］｝」』】》〉»›”’\"'*_~`")
# Scripts that put no spaces between words: two letters count as a word.
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_GREETINGS = frozenset(
    phrase.strip()
    for phrase in """
    hi, hello, hey, hiya, yo, hi there, hello there, hey there, good morning, good afternoon,
    good evening, morning, greetings, hola, buenas, buenos días, buenos dias, buenas tardes,
    buenas noches, oi, olá, ola, bom dia, boa tarde, boa noite, salut, bonjour, bonsoir, coucou,
    hallo, guten tag, guten morgen, guten abend, moin, servus, ciao, salve, buongiorno, buonasera,
    hoi, goedemorgen, goedemiddag, hej, hei, moi, god dag, cześć, czesc, dzień dobry, ahoj,
    dobrý den, szia, salut, bună, buna, привет, здравствуйте, здравствуй, добрый день,
    доброе утро, добрый вечер, привіт, доброго дня, здравейте, γεια, γεια σας, καλημέρα,
    καλησπέρα, merhaba, selam, selamlar, günaydın, salam, سلام, مرحبا, اهلا, أهلا, السلام عليكم,
    سلام عليكم, صباح الخير, مساء الخير, درود, שלום, היי, בוקר טוב, नमस्ते, नमस्कार, हेलो, हैलो,
    হ্যালো, নমস্কার, সালাম, வணக்கம், నమస్తే, ನಮಸ್ಕಾರ, നമസ്കാരം, ਸਤ ਸ੍ਰੀ ਅਕਾਲ, નમસ્તે,
    assalamualaikum, assalamu alaikum, assalamu alaykum, as-salamu alaykum, asalam alaikum,
    salaam, namaste, halo, hai, selamat pagi, selamat siang, selamat sore, selamat malam, pagi,
    siang, malam, permisi, kumusta, xin chào, chào, chao, alo, สวัสดี, สวัสดีครับ, สวัสดีค่ะ,
    หวัดดี, 你好, 您好, 嗨, 在吗, 哈喽, こんにちは, こんばんは, おはよう, おはようございます,
    もしもし, 안녕, 안녕하세요, 여보세요, habari, jambo, hujambo, mambo, sannu, bawo, sawubona,
    selamta, ሰላም, გამარჯობა, բարեւ
    """.replace("\n", " ").split(",")
)
_REPLIES = _words(
    """
    yes no yeah yep yup nope ok okay okey k kk sure thanks thx ty thankyou done right correct
    great perfect bye fine good cool sí si vale gracias claro listo sim não nao obrigado obrigada
    beleza oui non merci d'accord ja nein danke gut nee bedankt grazie va sì tak nie dzięki ano
    díky igen nem köszönöm da nu mulțumesc да нет спасибо хорошо ок так ні дякую ладно ναι όχι
    ευχαριστώ evet hayır tamam teşekkürler نعم لا شكرا حسنا تمام بله نه ممنون מרסי כן לא תודה हाँ
    हां नहीं धन्यवाद ठीक शुक्रिया হ্যাঁ না ধন্যবাদ ஆம் இல்லை நன்றி అవును కాదు ya iya tidak
    terima-kasih makasih oke baik boleh sudah belum salamat oo hindi vâng không dạ cảm-ơn ครับ ค่ะ
    ใช่ ไม่ ขอบคุณ 是 不是 好 好的 谢谢 謝謝 对 行 不 嗯 可以 はい いいえ ありがとう 了解 네 예
    아니요 아니 감사합니다 ndiyo hapana asante sawa
    """
)
# Words after which a sentence goes on: conjunctions, articles, prepositions.
_LINKS = _words(
    """
    and but or so because cause cuz if when then that which who with without for to from of in on
    at by about the a an my your his her our their is are was i i'm im also like as than until
    while well um uh btw actually y e o u pero porque que si cuando con sin para por de del la el
    los las un una mi tu es en mas ou quando se com sem um uma meu minha no na et mais donc parce
    car que quand avec sans pour le les des une mon ma je und aber oder weil wenn dass mit ohne
    für von der die das ein eine mein meine ich en maar want dat met voor van het een mijn ik ed
    ma perché che con per di il lo gli och men eller för att med och ett min jag i lub ale bo że
    żeby z do na mój a ale nebo že protože és de hogy mert vagy și dar sau că pentru и а но или
    что чтобы потому если когда с в на для мой я у та але або що щоб якщо και αλλά ή γιατί ότι με
    για το η ο ve ama veya çünkü ki ile için bir benim و او أو لكن لان لأن ان أن اذا إذا مع من في
    على الى إلى هل یا که اما چون اگر با از در به اور لیکن یا کہ کیونکہ اگر و אבל או כי אם עם של את
    ש और लेकिन पर या कि क्योंकि अगर तो मेरा मेरी मैं এবং কিন্তু বা যে কারণ যদি আমার আমি மற்றும்
    ஆனால் மேலும் మరియు కానీ dan tapi tetapi atau karena kalau jika yang dengan untuk dari di ke
    saya mau at pero o kasi kung na ang và nhưng hoặc vì nếu với của cho tôi แต่ และ หรือ เพราะ
    ถ้า กับ ของ 和 但是 但 因为 如果 或者 而且 还有 以及 跟 的 が は を に で と も の けど から
    それと あと 그리고 하지만 그런데 또는 만약 제가 na lakini au kwa sababu kama ya
    """
)
# Words that open a question; on a phone many people leave the mark out.
_ASKING = _words(
    """
    what what's whats when where where's who why how how's which can could do does did is are will
    would should may qué que cuándo cuando dónde donde quién cómo como cuánto cuanto puedo puede
    quando onde quem quanto posso pode tem quoi quand où qui pourquoi comment combien est-ce
    puis-je pouvez-vous avez-vous was wann wo wer warum wie wieviel kann können gibt habt haben
    cosa dove chi perché come posso avete wat waar wie waarom hoe kan kunt vad när var hur kan hva
    når hvor co kiedy gdzie kto jak czy ile kdy kde proč mi mikor hol ki hogyan ce când unde cine
    cum cât что когда где кто почему как сколько можно есть що коли де хто чому як скільки чи τι
    πότε πού πώς ne zaman nerede kim nasıl kaç ما متى اين أين من لماذا كيف كم هل چه کی کجا چرا
    چطور چند آیا کیا کب کہاں کون کیوں کیسے מה מתי איפה מי למה איך כמה האם क्या कब कहाँ कहां कौन
    क्यों कैसे कितना कितने কি কখন কোথায় কে কেন কিভাবে কত apa kapan dimana siapa kenapa mengapa
    bagaimana gimana berapa apakah bisakah ano kailan saan sino bakit paano magkano nini lini wapi
    nani kwanini vipi
    """
)
# Endings that close a sentence where no mark is written.
_ENDINGS = tuple(
    _words(
        """
    吗 呢 吧 了 啊 嗎 么 か ですか ますか です ます ました ません ください でした よ ね 요 니다
    니까 세요 나요 까요 ไหม มั้ย ครับ ค่ะ คะ หรือเปล่า không chưa ạ है हैं था दीजिए چاہیے ہے ہیں
    """
    )
)


def looks_complete(text: str | None) -> float:
    """How finished a message looks: 0 = more is coming, 1 = said and done.

    None or blank (media without a caption, a sticker) is open: people send a photo and then ask.
    """
    written, has_pictogram = _without_pictograms((text or "").strip())
    if not written:
        return PICTOGRAM if has_pictogram else NOTHING_TO_READ
    by_mark = _by_last_mark(written)
    if by_mark is not None:
        return by_mark
    score = _by_words(written.casefold())
    return max(score, PICTOGRAM) if has_pictogram and score > UNFINISHED else score


def _without_pictograms(text: str) -> tuple[str, bool]:
    """The text without the emoji and symbols at its end, and whether there were any."""
    end = len(text)
    while end and (text[end - 1].isspace() or _is_pictogram(text[end - 1])):
        end -= 1
    return text[:end], end < len(text)


def _is_pictogram(char: str) -> bool:
    if char in _FULL_STOPS or char in _CLOSERS or char in _OPEN_ENDS:
        return False
    return char in "\ufe0f\u200d\u20e3" or unicodedata.category(char) in ("So", "Sk")


def _by_last_mark(text: str) -> float | None:
    """What the punctuation at the end says; None if the text ends in a word."""
    bare = text.rstrip("".join(_CLOSERS)) or text
    last = bare[-1]
    if bare.endswith(("..", "。。", "،،", "…")):
        return UNFINISHED
    if last == ";" and any("GREEK" in unicodedata.name(char, "") for char in bare):
        return QUESTION
    if last in _QUESTION_MARKS and last != ";":
        return QUESTION
    if last in _FULL_STOPS:
        greeting = bare.rstrip("".join(_FULL_STOPS)).casefold() in _GREETINGS
        return GREETING if greeting else SENTENCE
    if last in _OPEN_ENDS:
        return UNFINISHED
    return None


def _by_words(text: str) -> float:
    """What the words say, when no mark closes the text."""
    words = text.split()
    if text in _GREETINGS:
        return GREETING
    if text in _REPLIES or "-".join(words) in _REPLIES:
        return REPLY
    if words[-1] in _LINKS:
        return UNFINISHED
    weight = sum(_weight(word) for word in words)
    if weight >= 3 and (words[0] in _ASKING or words[-1].endswith(_ENDINGS)):
        return SENTENCE
    if any(char.isdecimal() for char in words[-1]) and weight <= 2:
        return REPLY  # an order number, a date, an amount: the answer to a question
    # From a lone word to a round sentence of seven.
    return FRAGMENT + (ROUND_SENTENCE - FRAGMENT) * min(max(weight - 1, 0) / 6, 1)


def _weight(word: str) -> float:
    """How many words this one counts for."""
    if unicodedata.name(word[0], "").startswith(_UNSPACED):
        return len(word) / 2
    return 1
