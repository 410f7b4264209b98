"""Words that say little about what somebody asks: they neither find a passage nor count much in one."""

from typing import Final

_ENGLISH: Final = (
    "a about after all also am an and any are as at be because been before but by can could did do does doing don for"
    " from get give had has have having he her here him his how i if in into is it its just know let ll like may me"
    " might more most my need no not now of on one only or other our out over please re s shall she should so some such"
    " t tell than that the their them then there these they this those to too up us ve very want was we were what"
    " when where which who whom whose why will with would you your yours hello hi hey thanks thank ok okay yes"
)
_INDONESIAN: Final = (
    "ada adalah agar akan aku anda apa apakah atau bagaimana bagi bahwa belum berapa bila bisa boleh buat cara dalam"
    " dan dapat dari dengan di dia dong gimana hanya harus ini itu jadi jika juga kah kak kalau kami kamu kapan karena"
    " ke kenapa kita lagi lah maka mana masih mau mengapa mereka mohon nya oleh pada para punya saat saja saya sebagai"
    " sebuah sedang seperti siapa silakan sudah supaya tapi telah tentang terima kasih tidak tolong untuk yaitu yang"
)
_ARABIC: Final = (
    "ما ماذا من متي اين كيف لماذا لم لن لا هل هو هي هم انا انت نحن هذا هذه ذلك تلك الذي التي الذين في علي الي عن مع"
    " ان كان كانت يكون تكون قد كل بعض او ثم اذا لكن و ب ل يمكن يمكنني اريد استطيع لدي لي لك عند عندي عندكم كم فضلك"
)
WEAK: Final = frozenset(f"{_ENGLISH} {_INDONESIAN} {_ARABIC}".split())
