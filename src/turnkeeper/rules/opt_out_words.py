"""The words of `opt_out`, by language: data alone, commas between them. Case, accents and marks make no difference.

A word belongs here if people write it by itself to get no more messages, and hardly ever as an answer to a bot. So
"cancel", "end", "quit", "no" and "enough" are left out in every language, though some carriers count them; so are those
that end something else than messages: an order, a booking, a membership, a paid subscription ("cancelar assinatura",
"peru tilaus", "rezygnuję", "hủy đăng ký"), that mean "wait" ("dur", "dừng lại") or "high" ("alto").
"""

STOP = {
    "English": "stop, stop all, stopall, unsubscribe, unsubscribe me, opt out, optout, opt me out, "
    "stop messages, stop messaging me, stop texting me, stop sending messages, stop sending me messages, "
    "stop promotions, stop marketing, no more messages, do not message me, remove me, "
    "remove me from your list",
    "Spanish": "parar, detener, baja, darme de baja, dar de baja, deme de baja, desuscribir, desuscribirme, "
    "detener promociones, no más mensajes, no quiero más mensajes, no me escriban más, dejen de escribirme",
    "Portuguese": "pare, parar, sair, descadastrar, parar mensagens, parar promoções, interromper promoções, "
    "pare de enviar mensagens, não quero mais mensagens, não quero mais receber mensagens, "
    "não quero receber mensagens",
    "French": "arrêt, arrêter, arrêtez, désabonner, désabonnement, me désabonner, se désabonner, désabonnez-moi, "
    "désinscrire, désinscription, stop sms, plus de messages, arrêtez les messages, "
    "ne plus recevoir de messages",
    "German": "stopp, abmelden, abbestellen, austragen, keine nachrichten mehr, bitte keine nachrichten mehr, "
    "werbung stopp",
    "Italian": "ferma, fermare, disiscrivi, disiscrivimi, disiscriviti, cancellami, basta messaggi, "
    "niente più messaggi, non voglio più messaggi",
    "Dutch": "stoppen, afmelden, uitschrijven, geen berichten meer",
    "Swedish": "stoppa, sluta, avregistrera, avprenumerera",
    "Danish": "afmeld, frameld",
    "Norwegian": "avmeld, meld av",
    "Finnish": "lopeta, seis, lopeta viestit",
    "Polish": "wypisz, wypisz mnie, nie pisz, nie piszcie, nie wysyłajcie",
    "Czech": "odhlásit, odhlásit se, zastavit",
    "Slovak": "odhlásiť, odhlásiť sa, zastaviť",
    "Hungarian": "állj, leiratkozás, leiratkozom",
    "Romanian": "oprește, dezabonare, dezabonează, dezaboneaza-mă",
    "Bulgarian": "спри, отпиши ме, отписване",
    "Serbian": "стани, одјави, одјави ме, odjavi",
    "Croatian": "odjavi me, odjavi se",
    "Russian": "стоп, отписаться, отпишись, отпишите, отпишите меня, отписка, не пишите мне, больше не пишите, "
    "не присылайте больше, хватит писать",
    "Ukrainian": "зупинити, відписатися, відпишіть, відпишіть мене, відписка, не пишіть мені, більше не пишіть",
    "Greek": "στοπ, σταμάτα, διακοπή, απεγγραφή",
    "Turkish": "durdur, ret, abonelikten çık, mesaj göndermeyin, mesaj atmayın, mesaj istemiyorum, "
    "mesaj göndermeyi durdur",
    "Azerbaijani": "dayandır",
    "Kazakh": "тоқта, тоқтату",
    "Uzbek": "to'xta, to'xtat, to'xtating, xabar yubormang, yozmang menga",
    "Georgian": "სტოპ, შეწყვეტა",
    "Armenian": "ստոպ, դադարեցնել",
    "Arabic": "توقف, قف, إيقاف, أوقف, إلغاء الاشتراك, الغي الاشتراك, إيقاف الرسائل, أوقف الرسائل, وقف الرسائل, "
    "لا ترسلوا لي, لا أريد رسائل",
    "Hebrew": "עצור, הסר, הסרה, הסירו אותי, הפסק",
    "Persian": "توقف, لغو اشتراک, لغو11, پیام ندهید, پیام نده, پیام نفرستید",
    "Urdu": "بند کرو, بند کریں, روکو, روکیں, میسج بند کریں, میسج نہ کریں, پیغام بند کریں",
    "Hindi": "स्टॉप, बंद करो, बंद करें, बन्द करो, रोको, रोकें, मैसेज बंद करो, मैसेज मत भेजो, संदेश बंद करें, "
    "message band karo, msg band karo, message mat bhejo",
    "Bengali": "স্টপ, বন্ধ করো, বন্ধ করুন, থামো, থামুন, মেসেজ বন্ধ করুন, মেসেজ দেবেন না, আর মেসেজ দেবেন না",
    "Marathi": "थांबा, थांबवा, बंद करा, मेसेज बंद करा, मेसेज पाठवू नका",
    "Gujarati": "બંધ કરો, રોકો",
    "Punjabi": "ਬੰਦ ਕਰੋ, ਰੋਕੋ",
    "Tamil": "நிறுத்து, நிறுத்தவும், நிறுத்துங்கள், செய்தி அனுப்பாதீர்கள்",
    "Telugu": "ఆపు, ఆపండి, ఆపివేయి, మెసేజ్ పంపకండి",
    "Kannada": "ನಿಲ್ಲಿಸು, ನಿಲ್ಲಿಸಿ",
    "Malayalam": "നിർത്തുക, നിർത്തൂ",
    "Indonesian": "berhenti, hentikan, berhenti langganan, berhenti berlangganan, stop kirim pesan, "
    "berhenti kirim pesan, jangan kirim lagi, jangan kirim pesan lagi",
    "Malay": "henti, henti langganan, berhenti hantar mesej, jangan hantar lagi, jangan hantar mesej",
    "Filipino": "itigil, tigil, ihinto",
    "Vietnamese": "dừng, ngừng, dừng nhắn tin, ngừng nhắn tin, đừng nhắn nữa, không nhận tin nhắn nữa",
    "Thai": "หยุด, หยุดส่งข้อความ, ยกเลิกการสมัคร, เลิกรับข้อความ, ไม่รับข้อความ",
    "Chinese": "停止, 退订, 退訂, td, 取消订阅, 取消訂閱, 不要再发了, 不要再發了, 别再发了",
    "Japanese": "停止, ストップ, 配信停止, 配信を停止, メッセージ停止, 登録解除, 購読解除",
    "Korean": "중지, 정지, 그만, 수신거부, 수신 거부, 구독취소, 구독 취소, 문자 그만, 메시지 그만",
    "Swahili": "simamisha, sitisha, acha kutuma, acha kunitumia ujumbe, usinitumie ujumbe, jiondoe",
    "Amharic": "አቁም, አቁሙ",
    "Hausa": "dakata, tsaya",
    "Zulu": "yeka, misa",
}

START = {
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
