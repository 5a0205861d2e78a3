"""Files made by code, as bad as they come: each builder puts a text where it leaks.

Given a masked value it makes a bad file, given a token of ours a good one, and nothing else
differs: so what the check says of the two is about the text.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import sqlite3
import zipfile
import zlib
from collections.abc import Callable, Mapping

from fontTools.fontBuilder import FontBuilder
from fontTools.ttLib.tables._g_l_y_f import Glyph
from PIL import Image, ImageDraw, PngImagePlugin

from gdpr.leak.piece import Gathered, Limits
from gdpr.leak.reader import read

Objects = Mapping[int, bytes]


def pdf(objects: Objects, *, info: int = 0, before: bytes = b"") -> bytes:
    """A PDF of these objects, 1 being its catalogue; after `before`, an earlier revision."""
    made = bytearray(before or b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    starts = {}
    for number, value in objects.items():
        starts[number] = len(made)
        made += b"%d 0 obj\n%s\nendobj\n" % (number, value)
    at = len(made)
    made += b"xref\n0 1\n0000000000 65535 f \n"
    for number, start in starts.items():
        made += b"%d 1\n%010d 00000 n \n" % (number, start)
    previous = b"/Prev %d" % before.rfind(b"xref\n0 1") if before else b""
    about = b"/Info %d 0 R" % info if info else b""
    made += b"trailer\n<</Size 99 /Root 1 0 R %s %s>>\n" % (about, previous)
    return bytes(made + b"startxref\n%d\n%%%%EOF\n" % at)


def stream(data: bytes, head: bytes = b"", *, packed: bool = True) -> bytes:
    if packed:
        data = zlib.compress(data)
        head += b" /Filter /FlateDecode"
    return b"<</Length %d %s>>\nstream\n%s\nendstream" % (len(data), head, data)


def literal(text: str) -> bytes:
    raw = text.encode("cp1252")
    return b"(" + b"".join(b"\\%03o" % one if one > 126 else bytes([one]) for one in raw) + b")"


def wide(text: str) -> bytes:
    return b"<FEFF" + text.encode("utf-16-be").hex().encode() + b">"


HELVETICA = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"


def page(
    drawing: bytes,
    *,
    catalogue: bytes = b"",
    of: bytes = b"",
    font: bytes = HELVETICA,
    more: Objects | None = None,
) -> dict[int, bytes]:
    """The objects of a file with one page; numbers from 10 are free."""
    return {
        1: b"<</Type/Catalog/Pages 2 0 R %s>>" % catalogue,
        2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 200]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>/XObject<</Im1 11 0 R>>>> %s>>" % of,
        4: stream(drawing),
        5: font,
        **(more or {}),
    }


def words(text: str, before: bytes = b"", after: bytes = b"") -> bytes:
    shown = b"BT /F1 12 Tf 40 100 Td (Namn: ) Tj %s Tj ET" % literal(text)
    return before + b"\n" + shown + b"\n" + after


CLEAN = words("inget")


def box_on_top(text: str) -> bytes:
    return pdf(page(words(text, after=b"0 g 30 90 300 30 re f")))


def white_text(text: str) -> bytes:
    return pdf(page(words(text, before=b"1 g")))


def unapplied_annotation(text: str) -> bytes:
    note = b"<</Type/Annot/Subtype/Redact/Rect[30 90 300 120]/OverlayText(MASKAT)/IC[0 0 0]>>"
    return pdf(page(words(text), of=b"/Annots[10 0 R]", more={10: note}))


def annotation_text(text: str) -> bytes:
    note = b"<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents %s>>" % wide(text)
    return pdf(page(CLEAN, of=b"/Annots[10 0 R]", more={10: note}))


def incremental_save(text: str) -> bytes:
    first = pdf(page(words(text)))
    return pdf({4: stream(CLEAN)}, before=first)


def info(text: str) -> bytes:
    return pdf(page(CLEAN, more={10: b"<</Author %s>>" % literal(text)}), info=10)


def xmp(text: str) -> bytes:
    said = f"<x:xmpmeta><dc:creator><rdf:li>{text}</rdf:li></dc:creator></x:xmpmeta>"
    kept = stream(said.encode(), b"/Type/Metadata/Subtype/XML")
    return pdf(page(CLEAN, catalogue=b"/Metadata 10 0 R", more={10: kept}))


def outline(text: str) -> bytes:
    more = {
        10: b"<</First 12 0 R/Last 12 0 R/Count 1>>",
        12: b"<</Title %s/Parent 10 0 R>>" % wide(text),
    }
    return pdf(page(CLEAN, catalogue=b"/Outlines 10 0 R", more=more))


def attachment(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("post.json", json.dumps({"text": f"Hej {text}"}))
    more = {
        10: b"<</Type/Filespec/F(a.zip)/UF(a.zip)/EF<</F 12 0 R>>>>",
        12: stream(packed.getvalue(), b"/Type/EmbeddedFile"),
    }
    return pdf(page(CLEAN, catalogue=b"/AF[10 0 R]", more=more))


def form_value(text: str) -> bytes:
    field = b"<</FT/Tx/T(namn)/V %s/Subtype/Widget/Rect[0 0 9 9]>>" % wide(text)
    return pdf(page(CLEAN, catalogue=b"/AcroForm<</Fields[10 0 R]>>", more={10: field}))


def object_stream(text: str) -> bytes:
    inner = b"<</Author %s>>" % wide(text)
    packed = stream(b"10 0 " + inner, b"/Type/ObjStm/N 1/First 5")
    return pdf(page(CLEAN, more={12: packed}))


def orphan_object(text: str) -> bytes:
    return pdf(page(CLEAN)) + b"77 0 obj\n<</Old %s>>\nendobj\n" % literal(text)


def hidden_ocr_layer(text: str) -> bytes:
    return pdf(page(words(text, before=b"0.5 g 0 0 400 200 re f 3 Tr")))


def under_a_crop(text: str) -> bytes:
    """All of the picture is in the file, and the page shows a corner of it."""
    picture = written(text)
    pixels = stream(
        picture.tobytes(),
        b"/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/DeviceGray/BitsPerComponent 8"
        % picture.size,
    )
    drawing = b"0 0 5 5 re W n q 400 0 0 200 0 0 cm /Im1 Do Q"
    return pdf(page(drawing, more={11: pixels}))


def actual_text(text: str) -> bytes:
    shown = b"/Span <</ActualText %s>> BDC BT /F1 9 Tf (X) Tj ET EMC" % wide(text)
    return pdf(page(shown))


def alternative_text(text: str) -> bytes:
    more = {10: b"<</Type/StructElem/S/Figure/Alt %s/E %s>>" % (wide(text), literal("bild"))}
    return pdf(page(CLEAN, catalogue=b"/StructTreeRoot 10 0 R", more=more))


def split_runs(text: str) -> bytes:
    each = b"".join(b"%s Tj 9 0 Td " % literal(one) for one in text)
    return pdf(page(b"BT /F1 12 Tf 40 100 Td %s ET" % each))


def kerned(text: str) -> bytes:
    each = b" -30 ".join(map(literal, text))
    return pdf(page(b"BT /F1 12 Tf 40 100 Td [%s] TJ ET" % each))


def over_two_lines(text: str) -> bytes:
    middle = len(text) - 4
    return pdf(
        page(
            b"BT /F1 12 Tf 40 100 Td %s Tj 0 -14 Td %s Tj ET"
            % (literal(text[:middle] + "-"), literal(text[middle:]))
        )
    )


def table(pairs: Mapping[int, str], width: int) -> bytes:
    rows = b"\n".join(
        b"<%s> <%s>"
        % (code.to_bytes(width, "big").hex().encode(), text.encode("utf-16-be").hex().encode())
        for code, text in pairs.items()
    )
    return stream(
        b"1 begincodespacerange <00> <ff> endcodespacerange\n"
        b"%d beginbfchar\n%s\nendbfchar" % (len(pairs), rows)
    )


def table_says_it(text: str) -> bytes:
    """The eye sees letters without meaning, and who copies them gets the text."""
    codes = {65 + number: one for number, one in enumerate(text)}
    font = HELVETICA.removesuffix(b">>") + b"/ToUnicode 10 0 R>>"
    shown = b"BT /F1 12 Tf 40 100 Td %s Tj ET" % literal("".join(map(chr, codes)))
    return pdf(page(shown, font=font, more={10: table(codes, 1)}))


def table_denies_it(text: str) -> bytes:
    """The eye sees the text, and who copies it gets letters without meaning."""
    codes = dict.fromkeys(text.encode("cp1252"), "x")
    font = HELVETICA.removesuffix(b">>") + b"/ToUnicode 10 0 R>>"
    return pdf(page(words(text), font=font, more={10: table(codes, 1)}))


def face(text: str) -> tuple[bytes, dict[str, int]]:
    """A TrueType font with an empty glyph for each letter, and the glyphs' numbers."""
    letters = sorted(set(text))
    order = [".notdef", *(f"g{number}" for number in range(len(letters)))]
    font = FontBuilder(1000)
    font.setupGlyphOrder(order)
    font.setupCharacterMap({ord(one): order[n] for n, one in enumerate(letters, 1)})
    font.setupGlyf(dict.fromkeys(order, Glyph()))
    font.setupHorizontalMetrics(dict.fromkeys(order, (500, 0)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": "Made", "styleName": "Regular"})
    font.setupOS2()
    font.setupPost(keepGlyphNames=False)
    kept = io.BytesIO()
    font.save(kept)
    return kept.getvalue(), {one: number for number, one in enumerate(letters, 1)}


def font_alone_knows(text: str) -> bytes:
    """Codes are numbers of an embedded font's glyphs, and no table says their letters."""
    kept, numbers = face(text)
    codes = b"".join(numbers[one].to_bytes(2, "big") for one in text)
    more = {
        10: b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Made/CIDToGIDMap/Identity"
        b"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"
        b"/FontDescriptor 12 0 R>>",
        12: b"<</Type/FontDescriptor/FontName/Made/FontFile2 13 0 R/Flags 4>>",
        13: stream(kept),
    }
    head = b"<</Type/Font/Subtype/Type0/BaseFont/Made/Encoding/Identity-H/DescendantFonts[10 0 R]>>"
    shown = b"BT /F1 12 Tf 40 100 Td <%s> Tj ET" % codes.hex().encode()
    return pdf(page(shown, font=head, more=more))


def written(text: str) -> Image.Image:
    """A picture in which the text can be read."""
    picture = Image.new("L", (700, 120), 255)
    ImageDraw.Draw(picture).text((30, 30), text, fill=0, font_size=48)
    return picture


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    made = io.BytesIO()
    picture.save(made, kind, **options)  # type: ignore[arg-type]
    return made.getvalue()


def exif(text: str) -> bytes:
    about = Image.Exif()
    about[0x013B] = text  # Artist
    about.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + text.encode("utf-16-le")  # UserComment
    return saved(Image.new("RGB", (64, 64), "white"), "JPEG", exif=about)


def thumbnail(inner: Image.Image, outer: Image.Image) -> bytes:
    """A picture with another within, as cameras leave them and careless masking keeps them."""
    small = saved(inner.resize((160, 28)), "JPEG")
    plain = saved(outer, "JPEG")
    app1 = b"Exif\0\0" + small
    return plain[:2] + b"\xff\xe1" + (len(app1) + 2).to_bytes(2, "big") + app1 + plain[2:]


def png_text(text: str) -> bytes:
    about = PngImagePlugin.PngInfo()
    about.add_itxt("Description", text, zip=True)
    return saved(Image.new("L", (8, 8), 255), "PNG", pnginfo=about)


def beside_the_text(text: str) -> bytes:
    return json.dumps(
        {
            "text": "[NAMN-7f3a] skrev",
            "author": {"name": text},
            "mentions": [{"label": text}],
            "permalink": "https://sida.example/p/1",
        }
    ).encode()


def doubled_key(text: str) -> bytes:
    return b'{"author": "%s", "author": "[NAMN-7f3a]"}' % text.encode()


def quoted_reply(text: str) -> bytes:
    return json.dumps({"text": f"Svar:\n> {text} skrev:\n> > Hej", "quoted": None}).encode()


def edit_history(text: str) -> bytes:
    return json.dumps({"text": "ändrat", "versions": [{"text": f"av {text}"}]}).encode()


def html(inner: str) -> bytes:
    return f"<!doctype html><html><body>{inner}</body></html>".encode()


def attribute(text: str) -> bytes:
    return html(f'<p><img src="a.png" alt="Bild av {text}" data-author="{text}">[NAMN-7f3a]</p>')


def json_ld(text: str) -> bytes:
    said = json.dumps({"@type": "Comment", "author": {"name": text}})
    return html(f'<script type="application/ld+json">{said}</script>')


def in_pieces(text: str) -> bytes:
    return html("".join(f"<b>{one}</b><i></i>" for one in text))


def remark(text: str) -> bytes:
    return html(f"<!-- {text} -->")


def slug(text: str) -> bytes:
    made = text.lower().translate(str.maketrans("åäö ", "aao-"))
    return html(f'<a href="https://sida.example/2026/{made}-skriver/">länk</a>')


def in_base64(text: str) -> bytes:
    kept = base64.b64encode(png_text(text)).decode()
    return html(f'<img src="data:image/png;base64,{kept}">')


def warc(text: str) -> bytes:
    head = f"WARC/1.1\r\nWARC-Type: request\r\nWARC-Target-URI: https://sida.example/?q={text}\r\n"
    return gzip.compress(f"{head}Content-Length: 4\r\n\r\nabcd\r\n\r\n".encode())


def warc_body(text: str) -> bytes:
    body = gzip.compress(json.dumps({"name": text}).encode())
    chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
    http = (
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks
    )
    head = (
        b"WARC/1.1\r\nWARC-Type: response\r\nContent-Type: application/http; msgtype=response\r\n"
    )
    return head + b"Content-Length: %d\r\n\r\n%s\r\n\r\n" % (len(http), http)


def revisit(text: str) -> bytes:
    http = f"HTTP/1.1 304 Not Modified\r\nLocation: /av/{text}\r\n\r\n".encode()
    head = b"WARC/1.1\r\nWARC-Type: revisit\r\nContent-Type: application/http\r\n"
    return head + b"Content-Length: %d\r\n\r\n%s\r\n\r\n" % (len(http), http)


def mail(text: str) -> bytes:
    from email.message import EmailMessage

    message = EmailMessage()
    message["Subject"] = f"Svar till {text}"
    message["From"] = "registrator@testkoping.example"
    message.set_content("Se bilagan å det snaraste.", cte="base64")
    message.add_attachment(f"Av {text}, å".encode(), "text", "plain", filename="svar.txt")
    return message.as_bytes()


def zipped(text: str, where: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        member = zipfile.ZipInfo(f"{text}.txt" if where == "name" else "a.txt")
        if where == "member comment":
            member.comment = text.encode()
        if where == "extra":
            field = text.encode()
            member.extra = b"\xfe\xca" + len(field).to_bytes(2, "little") + field
        archive.writestr(member, text if where == "member" else "hej", zipfile.ZIP_DEFLATED)
        if where == "nested":
            archive.writestr("inre.zip", zipped(text, "member"))
        if where == "comment":
            archive.comment = text.encode()
    return made.getvalue()


def unlisted_member(text: str) -> bytes:
    """A member was taken from the list and not from the file."""
    return zipped(text, "member").split(b"PK\x01\x02")[0] + zipped("hej", "member")


def cache(text: str) -> bytes:
    store = sqlite3.connect(":memory:")
    store.execute("CREATE TABLE hit (snippet TEXT)")
    store.execute("INSERT INTO hit VALUES (?)", (f"… {text} skrev …",))
    store.commit()
    return store.serialize()


def zero_width(text: str) -> bytes:
    return "\u200b".join(text).encode()


def homoglyphs(text: str) -> bytes:
    return text.translate(str.maketrans("aeopsif", "аеорѕіf")).encode()


def ligatures(text: str) -> bytes:
    return text.replace("fi", "ﬁ").replace("ö", "o\u0308\u00ad").encode()


def here(name: str, content: bytes) -> Gathered:
    """Reads in this process, which is quicker, and what is made here does no harm."""
    return read(name, content, Limits())


# Each classic failure, and a word of the place it must be found at.
FAILURES: Mapping[str, tuple[Callable[[str], bytes], str]] = {
    "box on top": (box_on_top, "page 1, text"),
    "white text": (white_text, "page 1, text"),
    "unapplied annotation": (unapplied_annotation, "page 1, text"),
    "annotation's text": (annotation_text, "object 10 /Contents"),
    "incremental save": (incremental_save, "revision 1, page 1, text"),
    "Info": (info, "object 10 /Author"),
    "XMP": (xmp, "object 10, metadata, shown text"),
    "outline": (outline, "object 12 /Title"),
    "attachment in an attachment": (attachment, "object 12, attachment, member 1, /text"),
    "form value": (form_value, "object 10 /V"),
    "object stream": (object_stream, "object 10 /Author"),
    "object of no table": (orphan_object, "object 77"),
    "hidden OCR layer": (hidden_ocr_layer, "page 1, text"),
    "ActualText": (actual_text, "object 4, drawing /ActualText"),
    "Alt": (alternative_text, "object 10 /Alt"),
    "split runs": (split_runs, "object 4, drawing"),
    "kerned run": (kerned, "page 1, text"),
    "divided at a line's end": (over_two_lines, "page 1, text"),
    "ToUnicode says it": (table_says_it, "page 1, text"),
    "ToUnicode denies it": (table_denies_it, "object 4, drawing"),
    "EXIF": (exif, "metadata"),
    "PNG text": (png_text, "metadata"),
    "JSON beside the text": (beside_the_text, "/author/name"),
    "doubled key": (doubled_key, "/author"),
    "quoted reply": (quoted_reply, "/text"),
    "edit history": (edit_history, "/versions/0/text"),
    "HTML attribute": (attribute, "element 4, alt"),
    "JSON-LD": (json_ld, "script at element 3, /author/name"),
    "text in pieces": (in_pieces, "shown text"),
    "HTML remark": (remark, "remark after element 2"),
    "URL slug": (slug, "element 3, href"),
    "picture in a page": (in_base64, "file within, metadata"),
    "WARC header": (warc, "WARC record 1, header"),
    "WARC body": (warc_body, "WARC record 1, HTTP body, /name"),
    "WARC revisit": (revisit, "WARC record 1, HTTP header"),
    "mail's subject": (mail, "part 1, Subject"),
    "mail's attachment": (mail, "part 3, text"),
    "zip member": (lambda text: zipped(text, "member"), "member 1, text"),
    "zip member's name": (lambda text: zipped(text, "name"), "member 1, name"),
    "zip comment": (lambda text: zipped(text, "comment"), "comment"),
    "zip member's comment": (lambda text: zipped(text, "member comment"), "member 1, comment"),
    "zip extra field": (lambda text: zipped(text, "extra"), "member 1, extra field"),
    "zip in a zip": (lambda text: zipped(text, "nested"), "member 2, member 1, text"),
    "zip member that is not listed": (unlisted_member, "unlisted member"),
    "zero width": (zero_width, "text"),
    "homoglyphs": (homoglyphs, "text"),
    "ligatures and soft hyphens": (ligatures, "text"),
}
