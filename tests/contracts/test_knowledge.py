"""Documents and their passages: kept, replaced, forgotten, found; on every store the same answer to a question."""

import pytest
from msgspec.structs import replace

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import T0, World
from turnkeeper.engine.searching import Searcher
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.knowledge import BaseKey, DocumentRow, Paragraph, Passage, Readable
from turnkeeper.rules import relevance, vectors
from turnkeeper.store.knowledge import BaseRow, Vector
from turnkeeper.text.passages import passages

HELP = BaseKey(WorkspaceId("default"), "help")
OTHER = BaseKey(WorkspaceId("default"), "other")
ELSEWHERE = BaseKey(WorkspaceId("elsewhere"), "help")
ROW = DocumentRow(*HELP, "a.md", "A", "folder", "digest", "kept", None, 10, 1, T0)

# key: its sections, each a heading and a text
SHELF: dict[str, list[tuple[str, str]]] = {
    "refunds.md": [
        ("Refunds", "We refund the whole price within 14 days after you bought it. The money is back a week later."),
        ("Exchanges", "Shoes that do not fit are exchanged for another size at no cost."),
    ],
    "hours.md": [
        ("Opening hours", "The shop is open from nine to six, on Saturdays until two. On Sundays it is closed."),
        ("Parking", "There are parking places behind the shop, free for two hours."),
    ],
    "delivery.md": [
        ("Delivery", "Parcels leave us the same day and take two to four days. Islands take longer."),
        ("Paying", "You can pay by card, by bank transfer or in cash when the parcel arrives."),
    ],
    "ar.md": [
        ("سياسة الاسترجاع", "يمكنك إرجاع المنتج واسترداد المبلغ كاملاً خلال أربعة عشر يوماً من تاريخ الشراء."),
        ("أوقات العمل", "يفتح المتجر أبوابه من التاسعة صباحاً حتى السادسة مساءً، وهو مغلق يوم الجمعة."),
        ("الشحن", "نشحن الطلبات في اليوم نفسه وتصل خلال يومين إلى أربعة أيام."),
    ],
    "id.md": [
        ("Pengembalian dana", "Dana dikembalikan penuh dalam 14 hari setelah pembelian, langsung ke rekening Anda."),
        ("Jam buka", "Toko buka dari jam sembilan pagi sampai jam enam sore. Hari Minggu tutup."),
        ("Pengiriman", "Paket dikirim pada hari yang sama dan tiba dalam dua sampai empat hari."),
    ],
    "th.md": [
        ("การคืนเงิน", "เราคืนเงินเต็มจำนวนภายในสิบสี่วันหลังจากวันที่ซื้อสินค้า เงินจะเข้าบัตรของคุณภายในหนึ่งสัปดาห์"),
        ("เวลาเปิดร้าน", "ร้านเปิดตั้งแต่เก้าโมงเช้าถึงหกโมงเย็น วันอาทิตย์ปิดทำการ"),
        ("การจัดส่ง", "พัสดุถูกส่งออกในวันเดียวกันและใช้เวลาสองถึงสี่วัน"),
    ],
}  # fmt: skip

# question: the document and the number of the passage that answers it
QUESTIONS = [
    ("How can I get a refund?", "refunds.md", 1),
    ("I want my money back", "refunds.md", 1),
    ("do you exchange shoes of the wrong size", "refunds.md", 2),
    ("Is the shop open on Sunday?", "hours.md", 1),
    ("where can I park", "hours.md", 2),
    ("how long does the delivery take?", "delivery.md", 1),
    ("may I pay cash", "delivery.md", 2),
    ("كيف أسترجع المبلغ؟", "ar.md", 1),
    ("ما هي سياسة الإرجاع عندكم", "ar.md", 1),
    ("هل المتجر مفتوح يوم الجمعه", "ar.md", 2),
    ("كم يوم يستغرق شحن الطلب", "ar.md", 3),
    ("bagaimana cara pengembalian dana?", "id.md", 1),
    ("apakah toko buka hari minggu", "id.md", 2),
    ("berapa lama pengiriman paket", "id.md", 3),
    ("ขอคืนเงินได้ไหม", "th.md", 1),
    ("ร้านเปิดกี่โมงครับ", "th.md", 2),
    ("จัดส่งพัสดุใช้เวลากี่วัน", "th.md", 3),
]


def document(key: str, sections: list[tuple[str, str]], base: BaseKey = HELP) -> tuple[DocumentRow, list[Passage]]:
    cut = list(passages(Readable("A", tuple(Paragraph(text, (heading,)) for heading, text in sections))))
    return replace(ROW, workspace_id=base.workspace_id, base=base.base, key=key, passages=len(cut)), cut


async def fill(w: World, base: BaseKey = HELP) -> Searcher:
    for key, sections in SHELF.items():
        await w.store.put_document(*document(key, sections, base))
    return Searcher(w.store)


async def test_a_question_has_the_same_answer_on_every_store(world: OpenWorld) -> None:
    async with world() as w:
        searcher = await fill(w)
        await fill(w, ELSEWHERE)
        best = {}
        for question, _, _ in QUESTIONS:
            found = (await searcher.search([HELP], question)).found
            best[question] = (found[0].passage.key, found[0].passage.n) if found else None
        assert best == {question: (key, n) for question, key, n in QUESTIONS}


async def keys_for(w: World, question: str, base: BaseKey = HELP) -> list[str]:
    return [each.passage.key for each in (await Searcher(w.store).search([base], question)).found]


async def test_what_replaces_a_document_leaves_nothing_of_it(world: OpenWorld) -> None:
    async with world() as w:
        await w.store.put_document(
            *document("a.md", [("Rain", "It rains in spring."), ("Snow", "It snows in winter.")])
        )
        await w.store.put_document(*document("b.md", [("Wind", "The wind blows in autumn.")]))
        assert (await w.store.find_base(HELP)).passages == 3
        row, cut = document("a.md", [("Sun", "The sun shines in summer.")])
        await w.store.put_document(replace(row, title="New", updated_at=T0 + 1), cut)
        base = await w.store.find_base(HELP)
        assert (base.passages, base.words, base.changes) == (2, sum(p.length for p in cut) + 7, 3)
        assert (await w.store.postings(HELP, ["snow", "summer"], 9)).found["snow"] == []
        assert await keys_for(w, "snow") == []
        assert await keys_for(w, "summer sun") == ["a.md"]
        assert [(each.key, each.title, each.updated_at) for each in await w.store.documents(HELP)] == [
            ("a.md", "New", T0 + 1),
            ("b.md", "A", T0),
        ]


async def test_a_long_document_is_kept_in_parts(world: OpenWorld) -> None:
    async with world() as w:
        row, cut = document("a.md", [(f"Item {n}", f"Number{n} of many.") for n in range(5)])
        await w.store.put_document(row, cut)
        await w.store.put_document(row, cut[:2])
        await w.store.put_document(row, cut[2:], after=2)
        base = await w.store.find_base(HELP)
        assert (base.passages, base.words) == (5, sum(each.length for each in cut))
        found = await w.store.passages(HELP, (await w.store.postings(HELP, ["many"], 9)).found["many"])
        assert sorted((each.n, each.heading) for each in found) == [(n + 1, f"Item {n}") for n in range(5)]
        await w.store.put_document(row, [], after=1)
        assert (await w.store.find_base(HELP)).passages == 1


async def test_what_is_removed_is_found_no_more(world: OpenWorld) -> None:
    async with world() as w:
        await fill(w)
        assert await w.store.remove_documents(HELP, ["id.md", "hours.md", "id.md", "nothing"]) == 2
        assert await w.store.remove_documents(HELP, ["id.md"]) == 0
        assert await w.store.remove_documents(OTHER, ["id.md"]) == 0
        assert await keys_for(w, "pengembalian dana") == []
        assert await keys_for(w, "refund") == ["refunds.md"]
        assert (await w.store.find_base(HELP)).passages == 10
        await w.store.remove_documents(HELP, list(SHELF))
        assert (await w.store.find_base(HELP))[:2] == (0, 0)
        assert (await w.store.postings(HELP, ["refund"], 9)).found["refund"] == []


async def test_a_refused_document_stands_there_without_passages(world: OpenWorld) -> None:
    async with world() as w:
        await w.store.put_document(*document("a.pdf", [("Rain", "It rains.")]))
        refused = replace(ROW, key="a.pdf", state="refused", reason="it is encrypted \x00", passages=0)
        await w.store.put_document(refused, [])
        (row,) = await w.store.documents(HELP)
        assert (row.state, row.passages) == ("refused", 0)
        assert (row.reason or "").startswith("it is encrypted")
        assert await keys_for(w, "rain") == []


async def test_a_base_and_a_workspace_see_their_own(world: OpenWorld) -> None:
    async with world() as w:
        await fill(w)
        await w.store.put_document(*document("x.md", [("Refunds", "No refund here.")], ELSEWHERE))
        await w.store.put_document(*document("y.md", [("Refunds", "A refund there.")], OTHER))
        assert await keys_for(w, "refund", ELSEWHERE) == ["x.md"]
        assert await keys_for(w, "refund", OTHER) == ["y.md"]
        assert await w.store.bases() == sorted([HELP, OTHER, ELSEWHERE])
        postings = await w.store.postings(HELP, ["refund"], 10)
        assert len(postings.found["refund"]) == 1
        stolen = await w.store.passages(ELSEWHERE, postings.found["refund"])
        assert {each.key for each in stolen} <= {"x.md"}
        assert len((await Searcher(w.store).search([HELP, OTHER], "refund")).found) == 2


async def test_postings_are_bounded_and_common_words_find_together(world: OpenWorld) -> None:
    async with world() as w:
        sections = [
            (f"Item {n}", f"Price of the item. {'rare ' * (n == 7)}{'green ' * (n % 3 == 0)}") for n in range(30)
        ]
        await w.store.put_document(*document("list.md", sections))
        postings = await w.store.postings(HELP, ["price", "rare", "absent"], 10)
        assert (len(postings.found["price"]), len(postings.found["rare"]), postings.found["absent"]) == (10, 1, [])
        assert postings.passages == 30
        both = await w.store.holding(HELP, [["price", "prices"], ["absent", "green"]], 100)
        assert sorted(each.n for each in await w.store.passages(HELP, both)) == [n + 1 for n in range(0, 30, 3)]
        assert len(await w.store.holding(HELP, [["price"]], 4)) == 4
        assert await w.store.holding(HELP, [["price"], ["absent"]], 4) == []
        assert await w.store.holding(HELP, [], 4) == []


async def test_a_rare_word_that_is_beside_the_point_does_not_hide_what_common_ones_ask(
    world: OpenWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relevance, "COMMON", 3)
    async with world() as w:
        lamps = [(f"Lamp {n}", "The price of lamps.") for n in range(6)]
        await w.store.put_document(*document("lamps.md", lamps))
        await w.store.put_document(*document("club.md", [("Club", "Jonathan is a member.")]))
        found = (await Searcher(w.store).search([HELP], "Jonathan here: price of lamps", 10)).found
        assert [each.passage.key for each in found].count("lamps.md") == 6


@pytest.mark.parametrize("question", ["", "?!…", "\x00", "' OR \" * NEAR( :", "a" * 10_000, "\ud800 x", "ไ", "的"])
async def test_no_question_breaks_the_index(world: OpenWorld, question: str) -> None:
    async with world() as w:
        await w.store.put_document(*document("a.md", [("Rain", "It rains. \x00 'or' \"near\" 的 ไ")]))
        assert len(await keys_for(w, question)) <= 1


async def test_vectors_are_kept_for_the_model_that_made_them(world: OpenWorld) -> None:
    async with world() as w:
        await w.store.put_document(*document("a.md", [("Rain", "It rains."), ("Sun", "It shines.")]))
        await w.store.begin_vectors(HELP, "p/one")
        todo = await w.store.unembedded(HELP, 10)
        assert [(each.title, each.heading, each.text) for each in todo] == [
            ("A", "Rain", "It rains."),
            ("A", "Sun", "It shines."),
        ]
        assert len(await w.store.unembedded(HELP, 1)) == 1
        made = [
            Vector(each.id, each.text, vectors.signs_of(v), vectors.packed(v))
            for each, v in zip(todo, [(1.0, -2.0), (-1.0, 0.5)], strict=True)
        ]
        gone = Vector(99_999, "It rains.", b"\x00", b"\x00" * 8)
        changed = made[0]._replace(text="It rained.", vector=b"\x01" * 8)
        assert await w.store.keep_vectors(HELP, "p/one", [*made, gone]) == 2
        assert await w.store.keep_vectors(HELP, "p/one", [changed]) == 0
        assert await w.store.keep_vectors(HELP, "p/other", made) == 0
        assert await w.store.unembedded(HELP, 10) == []
        assert sorted(await w.store.signs(HELP, "p/one")) == sorted((each.id, each.signs) for each in made)
        assert await w.store.signs(HELP, "p/other") == []
        (found,) = await w.store.passages(HELP, [made[0].id], vectors=True)
        assert found.vector == made[0].vector
        before = await w.store.find_base(HELP)
        await w.store.begin_vectors(HELP, "p/one")
        assert await w.store.find_base(HELP) == before == BaseRow(2, before.words, before.changes, "p/one", 0)
        await w.store.begin_vectors(HELP, "p/other")
        assert len(await w.store.unembedded(HELP, 10)) == 2


class Meaning:
    """A model to which money is one thing, and weather another."""

    name = "p/meaning"

    async def embed(self, texts: list[str]) -> list[list[float]]:
        money = ("refund", "price", "cost", "expensive")
        return [[1.0 if any(word in text.lower() for word in money) else -1.0, 0.5, -0.2] for text in texts]


class Away(Meaning):
    async def embed(self, _: list[str]) -> list[list[float]]:
        raise ConnectionError("secret detail")


async def test_what_means_the_same_is_found_without_a_word_of_it(world: OpenWorld) -> None:
    async with world() as w:
        sections = [("Tariff", "Each hour has its price."), ("Weather", "It rains in spring.")]
        await w.store.put_document(*document("a.md", sections))
        model = Meaning()
        searcher = Searcher(w.store, {HELP: model})
        assert (await searcher.search([HELP], "is it expensive")).found == ()
        await w.store.begin_vectors(HELP, model.name)
        todo = await w.store.unembedded(HELP, 10)
        made = await model.embed([f"{each.heading} {each.text}" for each in todo])
        kept = [
            Vector(each.id, each.text, vectors.signs_of(v), vectors.packed(v))
            for each, v in zip(todo, made, strict=True)
        ]
        await w.store.keep_vectors(HELP, model.name, kept)
        found = (await searcher.search([HELP], "is it expensive")).found
        assert [each.passage.heading for each in found] == ["Tariff", "Weather"]
        away = await Searcher(w.store, {HELP: Away()}).search([HELP], "spring")
        assert [each.passage.heading for each in away.found] == ["Weather"]
        assert away.told == ("p/meaning made no vector: ConnectionError",)
