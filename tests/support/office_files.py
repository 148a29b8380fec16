"""Small real files of other formats, written by hand: DOCX, EPUB and PDF."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

DOCX = {
    "[Content_Types].xml": """<?xml version="1.0"?><Types
 xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml"
 ContentType="application/xml"/><Default Extension="rels"
 ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml"
 ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>""",
    "_rels/.rels": f"""<?xml version="1.0"?><Relationships xmlns="{_RELATIONS}"><Relationship Id="r1"
 Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>""",
    "word/_rels/document.xml.rels": f"""<?xml version="1.0"?><Relationships xmlns="{_RELATIONS}"><Relationship Id="r1"
 Type="{_OFFICE}/hyperlink" Target="https://example.org/" TargetMode="External"/><Relationship Id="r2"
 Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>""",
    "word/styles.xml": f"""<?xml version="1.0"?><w:styles {_WORD}><w:style w:type="paragraph" w:styleId="H2">
 <w:name w:val="heading 2"/></w:style><w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>
 </w:styles>""",
    "docProps/core.xml": """<?xml version="1.0"?><cp:coreProperties xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:dcterms="http://purl.org/dc/terms/"
 xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"><dc:title>What pays</dc:title>
 <dcterms:created>2025-01-02T03:04:05Z</dcterms:created><dcterms:modified>2026-02-03T00:00:00Z</dcterms:modified>
 </cp:coreProperties>""",
    "word/vbaProject.bin": 'Sub AutoOpen() : Shell "steal" : End Sub',
}


def archive(members: Mapping[str, str | bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in members.items():
            made.writestr(name, text)
    return data.getvalue()


def docx(body: str, changes: Mapping[str, str | bytes] | None = None) -> bytes:
    """A DOCX file with this content of `w:body`."""
    document = f'<?xml version="1.0"?><w:document {_WORD} xmlns:r="{_OFFICE}"><w:body>{body}</w:body></w:document>'
    return archive({**DOCX, "word/document.xml": document, **(changes or {})})


def word_paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def word_table(rows: Sequence[Sequence[str]]) -> str:
    cells = ["".join(f"<w:tc>{word_paragraph(cell)}</w:tc>" for cell in row) for row in rows]
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def epub(chapters: Mapping[str, str], more: Mapping[str, str | bytes] | None = None) -> bytes:
    """An EPUB file with these chapters by their names under OPS/, in this order."""
    items = "".join(
        f'<item id="c{n}" href="{name}" media-type="application/xhtml+xml"/>' for n, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    package = f"""<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata
 xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>A career book</dc:title><dc:date>2024-05-06</dc:date>
 <meta property="dcterms:modified">2025-06-07T00:00:00Z</meta></metadata><manifest>
 <item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>{items}</manifest>
 <spine><itemref idref="nav"/>{spine}</spine></package>"""
    container = """<?xml version="1.0"?><container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
 <rootfile full-path="OPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""
    pages = {f"OPS/{name}": f'<?xml version="1.0"?><html><body>{text}</body></html>' for name, text in chapters.items()}
    nav = "<html><body><nav><ol><li>Contents</li></ol></nav></body></html>"
    named = {"mimetype": "application/epub+zip", "META-INF/container.xml": container, "OPS/book.opf": package}
    return archive({**named, "OPS/nav.xhtml": nav, **pages, **(more or {})})


def pdf(
    pages: Sequence[Sequence[tuple[float, float, str]]], info: str = "", trailer: str = "", annotations: str = ""
) -> bytes:
    """A PDF file. A line is its distance from the bottom and its letters' height, in points, and its text.

    `annotations` stand on every page.
    """
    count = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, lines in enumerate(pages):
        shown = "".join(
            f"BT /F1 {size} Tf 72 {bottom} Td ({text.replace('(', '[').replace(')', ']')}) Tj ET\n"
            for bottom, size, text in lines
        )
        objects += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * number} 0 R "
            f"/Resources << /Font << /F1 3 0 R >> >> /Annots [{annotations}] >>",
            f"<< /Length {len(shown)} >>\nstream\n{shown}endstream",
        ]
    objects.append(f"<< {info} >>")
    made, places = "%PDF-1.4\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(made))
        made += f"{number} 0 obj\n{text}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"trailer << /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R {trailer} >>"
    return (
        f"{made}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{end}\nstartxref\n{len(made)}\n%%EOF\n".encode(
            "cp1252"
        )
    )
