"""Readers of documents: what each kind holds, and what is refused in which words."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.knowledge import samples
from turnkeeper.knowledge import base, docx, html, markdown, pdf, plain
from turnkeeper.knowledge.apart import ReaderProcess
from turnkeeper.knowledge.base import DocumentRefused
from turnkeeper.knowledge.reading import is_readable, read
from turnkeeper.model.knowledge import Paragraph, Readable

# label, what was read, the title, and each paragraph with its headings (and page)
DOCUMENTS = [
    (
        "plain",
        lambda: plain.read("notes", samples.PLAIN.encode()),
        "notes",
        [Paragraph("First paragraph\nof two lines."), Paragraph("Second paragraph.")],
    ),
    ("windows", lambda: plain.read("n", b"caf\xe9\r\nau lait"), "n", [Paragraph("café\nau lait")]),
    ("utf-16", lambda: plain.read("n", "ไทย".encode("utf-16")), "n", [Paragraph("ไทย")]),
    (
        "markdown",
        lambda: markdown.read("shop", samples.MARKDOWN.encode()),
        "The *shop*",
        [
            Paragraph("Welcome."),
            Paragraph("We sell [shoes](https://example.com/shoes).", ("About us",)),
            Paragraph("- 38\n- 39", ("About us", "Sizes")),
            Paragraph("```\n# not a heading\n```", ("About us", "Sizes")),
            Paragraph("Within 14 days.", ("About us", "Returns")),
        ],
    ),
    (
        "html",
        lambda: html.read("shop", samples.HTML.encode()),
        "About us",
        [
            Paragraph("We sell shoes.\nAnd boots."),
            Paragraph("- 38", ("Sizes",)),
            Paragraph("- 39 new", ("Sizes",)),
            Paragraph("Day | Hours", ("Sizes",)),
            Paragraph("Monday | 9–18", ("Sizes",)),
            Paragraph("loose words", ("Sizes",)),
        ],
    ),
    (
        "html's own title",
        lambda: html.read("x", b"<title>Shop</title><p>Words"),
        "Shop",
        [Paragraph("Words")],
    ),
    (
        "pdf",
        lambda: pdf.read("shop", samples.pdf("Welcome to the infor-\nmation page.", "Second page.", title="The shop")),
        "The shop",
        [Paragraph("Welcome to the information page.", page=1), Paragraph("Second page.", page=2)],
    ),
    (
        "docx",
        lambda: docx.read("shop", samples.docx()),
        "The shop",
        [
            Paragraph("Welcome."),
            Paragraph("- 38", ("Sizes",)),
            Paragraph("Day | Hours", ("Sizes",)),
            Paragraph("Monday | 9-18", ("Sizes",)),
        ],
    ),
]


@pytest.mark.parametrize("label, given_, title, paragraphs", DOCUMENTS, ids=[row[0] for row in DOCUMENTS])
def test_what_a_document_holds(label: str, given_: object, title: str, paragraphs: list[Paragraph]) -> None:
    found: Readable = given_()  # type: ignore[operator]
    assert (found.title, list(found.paragraphs)) == (title, paragraphs)


REFUSED = [
    ("empty", "a.txt", lambda: b"", "empty"),
    ("blank", "a.txt", lambda: b" \n\n ", "no words"),
    ("too large", "a.txt", lambda: b"a" * (base.LARGEST + 1), "larger than 32 MB"),
    ("too long", "a.txt", lambda: b"word " * 300_001, "more than 1,500,000 characters"),
    ("no text", "a.md", lambda: bytes(range(256)) * 40, "not text"),
    ("unknown kind", "a.xlsx", lambda: b"PK", "not read"),
    ("pdf under a password", "a.PDF", lambda: samples.encrypted(samples.pdf("Secret")), "encrypted"),
    ("no pdf", "a.pdf", lambda: b"hello" * 100, "broken, or no PDF"),
    ("half a pdf", "a.pdf", lambda: samples.pdf("Some words")[:300], "broken, or no PDF|no words"),
    ("pdf without words", "a.pdf", lambda: samples.pdf(" "), "no words"),
    ("no docx", "a.docx", lambda: b"hello", "broken, or no DOCX"),
    ("half a docx", "a.docx", lambda: samples.docx()[:-400], "broken, or no DOCX"),
    ("broken xml", "a.docx", lambda: samples.rezipped(samples.docx(), "word/document.xml", b"<a"), "no DOCX"),
    ("no html", "a.html", lambda: b"<!-- -->", "not HTML|no words"),
]  # fmt: skip


@pytest.mark.parametrize("label, name, data, why", REFUSED, ids=[row[0] for row in REFUSED])
def test_what_is_refused_says_why(label: str, name: str, data: object, why: str) -> None:
    with pytest.raises(DocumentRefused, match=why):
        read(name, data())  # type: ignore[operator]


def test_a_pdf_with_too_many_pages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MOST_PAGES", 1)
    with pytest.raises(DocumentRefused, match="more than 1 pages"):
        pdf.read("a", samples.pdf("One", "Two"))


@pytest.mark.parametrize(
    "label, drawn, expected",
    [
        ("arabic joined forms", "ﻳﻤﻜﻨﻚ  إرﺟﺎع", "يمكنك إرجاع"),
        ("ligatures", "ﬁnd the oﬃce", "find the office"),
        ("words over two lines", "infor-\nmation, A-\n1", "information, A-\n1"),
        ("soft hyphens", "infor\u00ad\nmation", "information"),
    ],
)
def test_what_a_page_draws_is_read_as_it_is_written(label: str, drawn: str, expected: str) -> None:
    assert pdf.plain(drawn) == expected


def test_an_archive_that_unpacks_to_an_absurd_size_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docx, "LARGEST_WHOLE", 2 * 1024**2)
    with pytest.raises(DocumentRefused, match="absurd size"):
        docx.read("a", samples.bomb())
    monkeypatch.setattr(docx, "LARGEST_WHOLE", 4 * 1024**2)
    with pytest.raises(DocumentRefused, match="broken"):
        docx.read("a", samples.bomb())


def test_entities_of_a_document_are_not_filled_in() -> None:
    attack = samples.rezipped(samples.docx(), "word/document.xml", samples.ENTITIES.encode())
    (paragraph,) = docx.read("a", attack).paragraphs
    assert paragraph.text.split() in (["before", "after"], ["before"])
    page = html.read("a", b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/hostname">]><p>before &f; after')
    assert "&f;" in page.paragraphs[-1].text


def test_an_absurdly_nested_page_is_read_in_time() -> None:
    try:
        found = html.read("a", b"<div>" * 100_000 + b"deep")
    except DocumentRefused:
        return
    assert found.paragraphs[-1].text == "deep"


@settings(max_examples=60)
@given(st.text(max_size=300))
def test_markdown_loses_no_words(text: str) -> None:
    written = f"{text}\n\nend"
    try:
        found = markdown.read("a", written.encode("utf-8", "replace"))
    except DocumentRefused:
        return
    assert found.paragraphs[-1].text.endswith("end") or "end" in found.paragraphs[-1].headings


@pytest.mark.parametrize("name, expected", [("a.MD", True), ("b/c.pdf", True), ("a.exe", False), ("md", False)])
def test_which_files_are_read(name: str, expected: bool) -> None:
    assert is_readable(name) is expected


async def test_a_process_of_its_own_reads_refuses_and_survives(tmp_path: Path) -> None:
    good, bad = tmp_path / "a.md", tmp_path / "b.pdf"
    good.write_text("# Title\nSome words here.", "utf-8")
    bad.write_bytes(b"not a pdf at all")
    reader = ReaderProcess()
    try:
        found = await reader.read("a.md", good)
        assert (found.title, [each.text for each in found.passages]) == ("Title", ["Some words here."])
        for path, why in ((bad, "no PDF"), (tmp_path / "gone.md", "cannot be opened")):
            with pytest.raises(DocumentRefused, match=why):
                await reader.read(path.name, path)
        assert (await reader.read("a.md", good)).title == "Title"
        assert reader._process is not None
        reader._process.kill()
        with pytest.raises(DocumentRefused, match="ended the reader"):
            await reader.read("a.md", good)
        assert (await reader.read("a.md", good)).title == "Title"
    finally:
        await reader.close()


def test_the_servers_event_loop_starts_it_too(tmp_path: Path) -> None:
    uvloop = pytest.importorskip("uvloop")
    (tmp_path / "a.md").write_text("words", "utf-8")

    async def read_one() -> str:
        reader = ReaderProcess()
        try:
            return (await reader.read("a.md", tmp_path / "a.md")).title
        finally:
            await reader.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(read_one()) == "a"


async def test_the_process_ends_when_there_is_nothing_to_read(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("words", "utf-8")
    reader = ReaderProcess(idle=0.05)
    for _ in range(2):
        await reader.read("a.md", tmp_path / "a.md")
        assert reader._process is not None
        await reader._process.wait()
    await reader.close()


async def test_it_gets_no_keys_and_outlives_the_signals_that_stop_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both signals reach every process of a terminal's or a unit's."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
    (tmp_path / "a.md").write_text("words", "utf-8")
    reader = ReaderProcess()
    try:
        await reader.read("a.md", tmp_path / "a.md")
        assert reader._process is not None
        pid = reader._process.pid
        environment = Path(f"/proc/{pid}/environ").read_bytes()
        assert b"PATH=" in environment
        assert b"canary" not in environment
        os.kill(pid, signal.SIGINT)
        os.kill(pid, signal.SIGTERM)
        assert (await reader.read("a.md", tmp_path / "a.md")).title == "a"
        assert reader._process.pid == pid
    finally:
        await reader.close()


async def test_it_ends_in_the_middle_of_a_file_when_nobody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.md")  # nobody writes into it, so opening it hangs
    reader = ReaderProcess(within=10.0)
    doing = asyncio.create_task(reader.read("a.md", tmp_path / "a.md"))
    while reader._process is None:
        await asyncio.sleep(0.01)
    process = reader._process
    assert process.stdin is not None
    process.stdin.close()
    with pytest.raises(DocumentRefused, match="ended the reader"):
        await doing
    assert process.returncode is not None
    await reader.close()


async def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("words", "utf-8")
    reader = ReaderProcess(within=0.0)
    with pytest.raises(DocumentRefused, match="within 0 seconds"):
        await reader.read("a.md", tmp_path / "a.md")
    assert reader._process is None
    await reader.close()
