"""Documents of each kind, made here."""

import zipfile
from io import BytesIO

PLAIN = "First paragraph\nof two lines.\n\n  \nSecond paragraph.\n"
MARKDOWN = """\
---
title: "The *shop*"
---
Welcome.

# About **us**
We sell [shoes](https://example.com/shoes).

Sizes
-----
- 38
- 39

```
# not a heading
```
<!-- a note -->
## Returns ##
Within 14 days.
"""
HTML = """\
<html><head><title>The shop</title><style>p{}</style></head><body><nav><a href=/>Home</a></nav>
<h1>About us</h1><p>We <b>sell</b>
shoes.<br>And boots.</p><script>alert(1)</script>
<h2>Sizes</h2><ul><li>38</li><li>39 <i>new</i></li></ul>
<table><tr><th>Day</th><th>Hours</th></tr><tr><td>Monday</td><td>9&ndash;18</td></tr></table>
loose words<footer>(c)</footer></body></html>"""


def pdf(*pages: str, title: str = "") -> bytes:
    """A PDF with a line of text for each line of a page."""
    objects: list[bytes] = []
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(pages)))
    objects.append(b"<< /Type /Catalog /Pages 2 0 R >>")
    objects.append(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode())
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
    for at, page in enumerate(pages):
        lines = " ".join(f"({line}) Tj 0 -14 Td" for line in page.split("\n"))
        stream = f"BT /F1 12 Tf 40 700 Td {lines} ET".encode()
        font = "/Resources << /Font << /F1 3 0 R >> >>"
        objects.append(f"<< /Type /Page /Parent 2 0 R /Contents {5 + 2 * at} 0 R {font} >>".encode())
        objects.append(f"<< /Length {len(stream)} >>\nstream\n".encode() + stream + b"\nendstream")
    objects.append(f"<< /Title ({title}) >>".encode())
    written = b"%PDF-1.4\n"
    places = []
    for number, each in enumerate(objects, 1):
        places.append(len(written))
        written += f"{number} 0 obj\n".encode() + each + b"\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    size = len(objects) + 1
    end = f"trailer << /Size {size} /Root 1 0 R /Info {len(objects)} 0 R >>\nstartxref\n{len(written)}\n%%EOF\n"
    return written + f"xref\n0 {size}\n0000000000 65535 f \n{table}{end}".encode()


def encrypted(data: bytes) -> bytes:
    """The PDF under a password."""
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(BytesIO(data)))
    writer.encrypt("secret", algorithm="RC4-128")
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def docx() -> bytes:
    """A Word file with a title, headings, a list and a table."""
    import docx as word

    document = word.Document()
    document.add_heading("The shop", 0)
    document.add_paragraph("Welcome.")
    document.add_heading("Sizes", 1)
    document.add_paragraph("38", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for at, text in enumerate(("Day", "Hours", "Monday", "9-18")):
        table.cell(at // 2, at % 2).text = text
    written = BytesIO()
    document.save(written)
    return written.getvalue()


def rezipped(data: bytes, name: str, content: bytes) -> bytes:
    """The archive with one member's content changed."""
    written = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for each in old.infolist():
            new.writestr(each.filename, content if each.filename == name else old.read(each))
    return written.getvalue()


def bomb() -> bytes:
    """An archive of a few kilobytes that unpacks to 3 MB."""
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(3 * 1024**2))
    return written.getvalue()


ENTITIES = """<?xml version="1.0"?>
<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY f SYSTEM "file:///etc/hostname">]>
<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>
<w:p><w:r><w:t>before &b;&f; after</w:t></w:r></w:p></w:body></w:document>"""
