"""How much a message looks like the end of what someone wants to say, from 0 to 1, in any script.

It only ever shortens a wait: a wrong guess costs seconds or a restarted turn, never a message. So
it looks at what every script shows (marks, length, emoji) and at a few words of common languages.
"""

from __future__ import annotations

import re
import unicodedata

# Roughly how often nothing follows. A question waits for its answer; a statement, even a finished
# one, often leads up to the question.
QUESTION = 0.95
REPLY = 0.88
LONG = 0.85
PICTOGRAM = 0.8
ASKING = 0.8
SENTENCE = 0.6
GREETING = 0.7  # followed more often than that, but nobody's lone hello is to wait the whole time
FRAGMENT = 0.35
NOTHING_TO_READ = 0.3
UNFINISHED = 0.04
LONG_WORDS = 14
LOOKED_AT = 400  # characters at the end; this runs for every message that is accepted

_QUESTION_MARKS = frozenset("?？؟՞፧;⁇⁈⁉‽⸮꘏꛷𑅃⳺⳻︖﹖")
_FULL_STOPS = frozenset(".!。！．｡।॥۔։።၊။᙮᠃᠉᭚᭛᱾᱿꓿꘎꛳꤯꩝꩞꩟꫰꯫‼︒﹒﹗︕។៕߹܀܁܂")
_OPEN_ENDS = frozenset(",、，،؛;:：；﹐﹑･፣፤-–—‐/&+=([{（［｛「『【《〈«‹“‘¿¡…⋯՝")
_MARKS_WITHIN = re.compile(r"[?!.؟۔。！？।]+\s*")
_CLOSERS = frozenset(")]}）］｝」』】》〉»›”’\"'*_~`")
# Scripts that put no spaces between words: two letters count as a word.
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR", "TIBETAN")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_GREETINGS = frozenset(
    phrase.strip()
    for phrase in """
    kya haal hai, how are you, cómo estás, como estas, qué tal, tudo bem, ça va, wie gehts,
    come va, apa kabar, как дела, nasılsın, naber, كيف حالك, hi, hello, hey, hiya, yo, hi there,
    hello there, hey there, good morning, good afternoon, good evening, morning, greetings,
    hola, buenas, buenos días, buenos dias, buenas tardes, buenas noches, oi, olá, ola, bom dia,
    boa tarde, boa noite, salut, bonjour, bonsoir, coucou, hallo, guten tag, guten morgen,
    guten abend, moin, servus, ciao, salve, buongiorno, buonasera, hoi, goedemorgen,
    goedemiddag, hej, hei, moi, god dag, cześć, czesc, dzień dobry, ahoj, dobrý den, szia,
    salut, bună, buna, привет, здравствуйте, здравствуй, добрый день, доброе утро, добрый вечер,
    привіт, доброго дня, здравейте, γεια, γεια σας, καλημέρα, καλησπέρα, merhaba, selam,
    selamlar, günaydın, salam, سلام, مرحبا, اهلا, أهلا, السلام عليكم, سلام عليكم, صباح الخير,
    مساء الخير, درود, שלום, היי, בוקר טוב, नमस्ते, नमस्कार, हेलो, हैलो, হ্যালো, নমস্কার, সালাম,
    வணக்கம், నమస్తే, ನಮಸ್ಕಾರ, നമസ്കാരം, ਸਤ ਸ੍ਰੀ ਅਕਾਲ, નમસ્તે, assalamualaikum, assalamu alaikum,
    assalamu alaykum, as-salamu alaykum, asalam alaikum, salaam, namaste, halo, hai,
    selamat pagi, selamat siang, selamat sore, selamat malam, pagi, siang, malam, permisi,
    kumusta, xin chào, chào, chao, alo, สวัสดี, สวัสดีครับ, สวัสดีค่ะ, หวัดดี, 你好, 您好, 嗨,
    在吗, 哈喽, こんにちは, こんばんは, おはよう, おはようございます, もしもし, 안녕,
    안녕하세요, 여보세요, habari, jambo, hujambo, mambo, sannu, bawo, sawubona, selamta, ሰላም,
    გამარჯობა, բարեւ
    """.replace("\n", " ").split(",")
)
_REPLIES = _words(
    """
    yes no yeah yep yup nope ok okay okey k kk sure thanks thx ty thankyou done right correct
    great perfect bye fine good cool sí si vale gracias claro listo sim não nao obrigado
    obrigada beleza oui non merci d'accord ja nein danke gut nee bedankt grazie va sì tak nie
    dzięki ano díky igen nem köszönöm da nu mulțumesc да нет спасибо хорошо ок так ні дякую
    ладно ναι όχι ευχαριστώ evet hayır tamam teşekkürler نعم لا شكرا حسنا تمام بله نه ممنون מרסי
    כן לא תודה हाँ हां नहीं धन्यवाद ठीक शुक्रिया হ্যাঁ না ধন্যবাদ ஆம் இல்லை நன்றி అవును కాదు ya
    iya tidak makasih oke baik boleh sudah belum salamat oo hindi vâng không dạ ครับ ค่ะ ใช่ ไม่
    ขอบคุณ 是 不是 好 好的 谢谢 謝謝 对 行 不 嗯 可以 はい いいえ ありがとう 了解 네 예 아니요
    아니 감사합니다 ndiyo hapana asante sawa
    """
)
_REPLIES_OF_TWO = frozenset(
    phrase.strip()
    for phrase in """
    thank you, thanks a, thanks so, ok thanks, okay thanks, yes please, no thanks, no thank,
    that's all, muchas gracias, no gracias, muito obrigado, muito obrigada, merci beaucoup,
    non merci, vielen dank, danke schön, nein danke, grazie mille, no grazie, dank je,
    terima kasih, oke makasih, cảm ơn, большое спасибо, teşekkür ederim, شكرا جزيلا, بہت شکریہ,
    बहुत धन्यवाद
    """.replace("\n", " ").split(",")
)
# Words after which a sentence goes on: conjunctions, articles, prepositions.
_LINKS = _words(
    """
    and but or because cause cuz if when which who with without for to from of at by the a an
    your his her our their i'm im than until while well um uh y e o u pero porque que cuando con sin
    para por de del la el los las una mi tu es en mas ou quando se com sem uma meu minha et mais
    donc parce quand avec sans pour le les des une mon ma je und aber oder weil wenn dass mit
    ohne für von der eine mein meine ich maar want dat met voor van het een mijn ik ed perché
    che per di il lo gli och eller för att med ett min jag lub ale bo że żeby z mój nebo že
    protože és hogy mert vagy și dar sau că pentru и а но или что чтобы потому если когда с в на
    для мой я у та але або що щоб якщо και αλλά ή γιατί ότι με για το η ο ve ama veya çünkü ile
    için bir benim و او أو لكن لان لأن ان أن اذا إذا مع من في على الى إلى هل یا که اما چون اگر
    با از در به اور لیکن کہ کیونکہ אבל או כי אם עם של את ש और लेकिन पर या कि क्योंकि अगर तो मेरा
    मेरी मैं এবং কিন্তু বা যে কারণ যদি আমার আমি மற்றும் ஆனால் மேலும் మరియు కానీ dan tapi tetapi
    atau karena kalau jika yang dengan untuk dari ke saya kung ang và nhưng hoặc vì nếu với của
    cho tôi แต่ และ หรือ เพราะ ถ้า กับ ของ 그리고 하지만 그런데 또는 만약 제가 lakini au kwa
    sababu kama
    """
)
# The same where no spaces are put: what a message ends in when it goes on.
_LINK_ENDINGS = tuple(_words("和 但是 但 因为 如果 或者 而且 还有 以及 跟 が は を に で と けど から それと あと"))
# Words that ask when they come first; on a phone many people leave the mark out.
_OPENERS = _words(
    """
    who which can could do does did are puedo puede posso pode quoi qui est-ce puis-je
    pouvez-vous avez-vous wo wer wie kann können gibt habt haben avete kan kunt czy من هل pueden
    podemos tienen hay têm sind peut-on avez bisa boleh ada magkano хотите is what may will
    would should ist was stimmt tem est wat waar chi when where how cuando donde quién quando
    onde quem quand où dove vad när hur hva når hvor kiedy gdzie kto jak kdy kde mikor hogyan
    când unde cine cum что когда где кто как що коли де хто як τι πότε πού πώς کب
    """
)
# Words that ask wherever they stand, and what asks in scripts that put no spaces.
_ASKING = _words(
    """
    what what's whats where's why how's qué cuándo dónde cómo cuánto cuanto quanto pourquoi
    comment combien wann warum wieviel perché come waarom hoe ile proč cât почему сколько можно
    есть чому скільки чи zaman nerede kim nasıl kaç متى اين أين لماذا كيف كم چه کجا چرا چطور چند
    آیا کیا کہاں کون کیوں کیسے מה מתי איפה מי למה איך כמה האם क्या कब कहाँ कहां कौन क्यों कैसे
    कितना कितने কি কখন কোথায় কে কেন কিভাবে কত apa kapan dimana siapa kenapa mengapa bagaimana
    gimana berapa apakah bisakah kailan saan sino bakit paano magkano nini lini wapi nani
    kwanini vipi kab kya kahan kitna kitne kitni kaise kyun kyon kaun کب
    """
)
# Words of a request; and thanks, which close one.
_PLEASE = _words(
    """
    please pls plz favor plaît svp stp bitte favore alstublieft tolong mohon lütfen فضلك لطفا
    пожалуйста kérem prosím proszę कृपया প্লিজ plis tafadhali
    """
)
_THANKS = _words(
    """
    thanks thx gracias obrigado obrigada merci danke grazie bedankt dziękuję děkuji köszönöm
    mulțumesc спасибо дякую ευχαριστώ teşekkürler شكرا ممنون شکریہ תודה धन्यवाद शुक्रिया ধন্যবাদ
    நன்றி makasih kasih salamat asante
    """
)
_ASKING_PHRASES = tuple(
    f" {phrase.strip()} "
    for phrase in """
    can you, could you, can i, could i, may i, do you, is there, are there, what are, what is,
    what should, how do, how can, puedo, pueden, puede, hay, o que, posso,
    est-ce que, vous avez, pouvez-vous, kann ich, können sie, gibt es, haben sie, avete,
    kan ik, kunt u, bisa, boleh, можно ли, есть ли, هل
    """.replace("\n", " ").split(",")
)
_ASKING_PARTS = tuple(
    _words(
        """
    什么 什麼 怎么 怎麼 多少 几点 哪里 哪儿 为什么 可以吗 いつ どこ いくら どうすれ なぜ 何時
    언제 어디 얼마 어떻게 왜 무엇 ทำไม อะไร เท่าไหร่ ที่ไหน เมื่อไหร่ ยังไง
    """
    )
)
_ASKING_ENDINGS = tuple(
    _words("吗 嗎 呢 か 니까 나요 까요 ไหม มั้ย หรือเปล่า không chưa hả miyiz mıyız misiniz mısınız musunuz miyim mıyım")
)
# Endings that close a statement where no mark is written.
_CLOSING_ENDINGS = tuple(
    _words("了 吧 啊 です ます ました ません ください でした よ ね 요 니다 ครับ ค่ะ คะ ạ है हैं था ہے ہیں")
)


def looks_complete(text: str | None) -> float:
    """How finished a message looks: 0 = more is coming, 1 = said and done.

    None or blank (media without a caption, a sticker) is open: people send a photo and then ask.
    """
    written, has_pictogram = _without_pictograms((text or "")[-LOOKED_AT:].strip())
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
        return max(_by_words(bare.rstrip("".join(_FULL_STOPS)).casefold()), SENTENCE)
    if last in _OPEN_ENDS:
        return UNFINISHED
    return None


def _by_words(text: str) -> float:
    """What the words say, when no mark closes the text."""
    words = text.split()
    if not words:
        return NOTHING_TO_READ
    if text in _GREETINGS:
        return GREETING
    if len(words) == 1 and text in _REPLIES:
        return REPLY
    if len(words) <= 4 and " ".join(words[:2]) in _REPLIES_OF_TWO:
        return REPLY
    if words[-1] in _LINKS or words[-1].endswith(_LINK_ENDINGS):
        return UNFINISHED
    weight = sum(_weight(word) for word in words)
    if weight >= 2 and _asks(text):
        return ASKING
    if len(words) == 1 and any(char.isdecimal() for char in text):
        return REPLY  # an order number, a date, an amount: the answer to a question
    score = FRAGMENT + (LONG - FRAGMENT) * min(max(weight - 1, 0) / LONG_WORDS, 1)
    closed = weight >= 2 and words[-1].endswith(_CLOSING_ENDINGS)
    return max(score, SENTENCE) if closed else score


def _asks(text: str) -> bool:
    """Whether the last sentence asks for something, mark or no mark."""
    words = _MARKS_WITHIN.split(text)[-1].split()
    if not words:
        return False
    spaced = f" {' '.join(words)} "
    first = 1 if words[0] in _GREETINGS and len(words) > 1 else 0
    return (
        words[first] in _OPENERS
        or not _ASKING.isdisjoint(words)
        or not _PLEASE.isdisjoint(words)
        or words[-1] in _THANKS
        or text.endswith(_ASKING_ENDINGS)
        or any(part in text for part in _ASKING_PARTS)
        or any(phrase in spaced for phrase in _ASKING_PHRASES)
    )


def _weight(word: str) -> float:
    """How many words this one counts for."""
    if unicodedata.name(word[0], "").startswith(_UNSPACED):
        return len(word) / 2
    return 1
