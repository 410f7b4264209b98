"""What is said when an answer does not do and the flow's author has written nothing for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ASK_AGAIN: Final[Mapping[str, Mapping[str, str]]] = {
    "text": {
        "en": "Please write that as text.", "id": "Tolong tulis sebagai teks.",
        "es": "Escríbelo como texto, por favor.", "pt": "Escreva como texto, por favor.",
        "fr": "Merci de l'écrire sous forme de texte.", "de": "Bitte schreib das als Text.",
        "ar": "من فضلك اكتب ذلك نصًا.", "hi": "कृपया इसे लिखकर भेजें।",
    },
    "number": {
        "en": "Please write that as a number.", "id": "Tolong tulis sebagai angka.",
        "es": "Escríbelo como número, por favor.", "pt": "Escreva como número, por favor.",
        "fr": "Merci d'écrire un nombre.", "de": "Bitte schreib das als Zahl.",
        "ar": "من فضلك اكتب رقمًا.", "hi": "कृपया इसे अंकों में लिखें।",
    },
    "date": {
        "en": "Please write a date, such as 5 December.", "id": "Tolong tulis tanggalnya, misalnya 5 Desember.",
        "es": "Escribe una fecha, por ejemplo 5 de diciembre.", "pt": "Escreva uma data, por exemplo 5 de dezembro.",
        "fr": "Merci d'écrire une date, par exemple 5 décembre.", "de": "Bitte schreib ein Datum, etwa 5. Dezember.",
        "ar": "من فضلك اكتب تاريخًا، مثل 5 ديسمبر.", "hi": "कृपया तारीख लिखें, जैसे 5 दिसंबर।",
    },
    "phone": {
        "en": "Please write a phone number.", "id": "Tolong tulis nomor telepon.",
        "es": "Escribe un número de teléfono, por favor.", "pt": "Escreva um número de telefone, por favor.",
        "fr": "Merci d'écrire un numéro de téléphone.", "de": "Bitte schreib eine Telefonnummer.",
        "ar": "من فضلك اكتب رقم هاتف.", "hi": "कृपया फ़ोन नंबर लिखें।",
    },
    "email": {
        "en": "Please write an e-mail address.", "id": "Tolong tulis alamat email.",
        "es": "Escribe una dirección de correo, por favor.", "pt": "Escreva um endereço de e-mail, por favor.",
        "fr": "Merci d'écrire une adresse e-mail.", "de": "Bitte schreib eine E-Mail-Adresse.",
        "ar": "من فضلك اكتب عنوان بريد إلكتروني.", "hi": "कृपया ईमेल पता लिखें।",
    },
    "choice": {
        "en": "Please choose one of these.", "id": "Tolong pilih salah satu.",
        "es": "Elige una de estas opciones, por favor.", "pt": "Escolha uma destas opções, por favor.",
        "fr": "Merci de choisir une de ces options.", "de": "Bitte wähle eines davon.",
        "ar": "من فضلك اختر واحدًا من هذه.", "hi": "कृपया इनमें से एक चुनें।",
    },
    "location": {
        "en": "Please send your location.", "id": "Tolong kirim lokasi Anda.",
        "es": "Envía tu ubicación, por favor.", "pt": "Envie a sua localização, por favor.",
        "fr": "Merci d'envoyer votre position.", "de": "Bitte schick deinen Standort.",
        "ar": "من فضلك أرسل موقعك.", "hi": "कृपया अपनी लोकेशन भेजें।",
    },
    "media": {
        "en": "Please send a picture or a file.", "id": "Tolong kirim foto atau berkas.",
        "es": "Envía una foto o un archivo, por favor.", "pt": "Envie uma foto ou um arquivo, por favor.",
        "fr": "Merci d'envoyer une photo ou un fichier.", "de": "Bitte schick ein Bild oder eine Datei.",
        "ar": "من فضلك أرسل صورة أو ملفًا.", "hi": "कृपया फ़ोटो या फ़ाइल भेजें।",
    },
}  # fmt: skip
"""By what is asked for, in each language."""
