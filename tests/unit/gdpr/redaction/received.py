"""Files as somebody might send them, made by code: with secrets planted where they are overlooked,
and hostile ones. The people in them are invented."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator

import pikepdf
import pypdf
from pikepdf import Array, Dictionary, Name, Stream, String
from PIL import Image, ImageDraw

PAGE = (300, 200)  # points

# Where it hides → the secret that is planted there.
SECRETS = {
    "text under a box": "Underask",
    "white text": "Vitask",
    "unapplied redaction annotation": "Annotask",
    "comment": "Kommentask",
    "incremental save": "Tidigask",
    "Info": "Infoask",
    "XMP": "Xmpask",
    "outline": "Innehask",
    "attachment": "Bilask",
    "attachment's name": "Filnamnask",
    "hidden form value": "Formask",
    "hidden OCR layer": "Lagerask",
    "image under a crop": "Beskurenask",
    "ActualText": "Egentligask",
    "Alt": "Bildtextask",
    "ToUnicode": "Kodask",
    "script": "Skriptask",
    "split run": "Kluvenask",
    "masked text": "Synligask",
    "hidden layer": "Doldask",
    "page label": "Sidask",
}


def everything() -> bytes:
    """A PDF of one page with each of `SECRETS`. "Synligask" and "Kluvenask" can be seen, on two
    lines with their upper edges 30 and 60 points from the top, 20 points from the left; the word
    "Öppet" stands 120 points from the top."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=PAGE)
    page = pdf.pages[0].obj
    page.Resources = Dictionary(
        Font=Dictionary(F=pdf.make_indirect(_font()), U=_other_words(pdf)),
        XObject=Dictionary(I=_cropped(pdf)),
        Properties=Dictionary(L=_layer(pdf)),
    )
    page.Contents = pdf.make_indirect(Stream(pdf, _content().encode("cp1252")))
    first = pdf.make_indirect(String(SECRETS["incremental save"]))
    pdf.Root.PieceInfo = Dictionary(Old=first)
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        metadata["dc:description"] = SECRETS["XMP"]
    pdf.docinfo["/Title"] = SECRETS["Info"]
    with pdf.open_outline() as outline:
        outline.root.append(pikepdf.OutlineItem(SECRETS["outline"], 0))
    attachment = pikepdf.AttachedFileSpec(pdf, SECRETS["attachment"].encode(), filename="a.txt")
    pdf.attachments[SECRETS["attachment's name"]] = attachment
    _annotations(pdf, page)
    _structure(pdf)
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=String(f"x='{SECRETS['script']}'"))
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(P=String(SECRETS["page label"]))]))
    out = io.BytesIO()
    pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return _updated(out.getvalue(), SECRETS["incremental save"])


def _content() -> str:
    s = SECRETS
    return f"""BT /F 14 Tf 20 158 Td ({s["masked text"]}) Tj ET
BT /F 14 Tf 20 128 Td [({s["split run"][:3]}) 20 ({s["split run"][3:]})] TJ ET
BT /F 14 Tf 20 68 Td (Öppet) Tj ET
BT /F 14 Tf 150 68 Td ({s["text under a box"]}) Tj ET 0 g 145 60 100 25 re f
1 g BT /F 14 Tf 150 128 Td ({s["white text"]}) Tj ET 0 g
BT 3 Tr /F 14 Tf 150 158 Td ({s["hidden OCR layer"]}) Tj 0 Tr ET
/Span <</ActualText ({s["ActualText"]})>> BDC BT /F 14 Tf 20 98 Td (x) Tj ET EMC
BT /U 14 Tf 100 98 Td <01> Tj ET
/OC /L BDC BT /F 14 Tf 150 98 Td ({s["hidden layer"]}) Tj ET EMC
q 20 20 10 10 re W n 40 0 0 40 20 20 cm /I Do Q
"""


def _font() -> Dictionary:
    return Dictionary(
        Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica, Encoding=Name.WinAnsiEncoding
    )


def _other_words(pdf: pikepdf.Pdf) -> pikepdf.Object:
    """A font that draws an A and says that it means a secret."""
    meant = SECRETS["ToUnicode"].encode("utf-16-be").hex()
    rows = f"1 begincodespacerange <00> <FF> endcodespacerange 1 beginbfchar <01> <{meant}>"
    cmap = f"begincmap {rows} endbfchar endcmap"
    font = _font()
    font.Encoding = Dictionary(Type=Name.Encoding, Differences=Array([1, Name.A]))
    font.ToUnicode = pdf.make_indirect(Stream(pdf, cmap.encode()))
    return pdf.make_indirect(font)


def _cropped(pdf: pikepdf.Pdf) -> pikepdf.Object:
    """A grey picture whose pixels spell a secret outside the part that is shown."""
    pixels = SECRETS["image under a crop"].encode().ljust(400, b"\xc0")
    return pdf.make_indirect(
        Stream(
            pdf,
            pixels,
            Type=Name.XObject,
            Subtype=Name.Image,
            Width=20,
            Height=20,
            ColorSpace=Name.DeviceGray,
            BitsPerComponent=8,
        )
    )


def _layer(pdf: pikepdf.Pdf) -> pikepdf.Object:
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Lager")))
    shown = Dictionary(Order=Array([layer]), OFF=Array([layer]))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=shown)
    return layer


def _annotations(pdf: pikepdf.Pdf, page: pikepdf.Object) -> None:
    place = Array([20, 20, 60, 40])
    redact, note, launch = (
        Dictionary(Type=Name.Annot, Subtype=name, Rect=place, F=2)
        for name in (Name.Redact, Name.Text, Name.Link)
    )
    redact.OverlayText = String(SECRETS["unapplied redaction annotation"])
    note.Contents = String(SECRETS["comment"])
    launch.A = Dictionary(S=Name.Launch, F=String("a.exe"))
    field = Dictionary(
        Type=Name.Annot,
        Subtype=Name.Widget,
        FT=Name.Tx,
        T=String("f"),
        V=String(SECRETS["hidden form value"]),
        Rect=place,
        F=2,
    )
    made = [pdf.make_indirect(one) for one in (redact, note, launch, field)]
    page.Annots = Array(made)
    pdf.Root.AcroForm = Dictionary(Fields=Array(made[3:]))


def _structure(pdf: pikepdf.Pdf) -> None:
    alt = Dictionary(Type=Name.StructElem, S=Name.Figure, Alt=String(SECRETS["Alt"]))
    pdf.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, K=Array([alt]))


def _updated(content: bytes, secret: str) -> bytes:
    """The file with one string replaced by a later revision, as programs that save quickly do."""
    at = content.rindex(f"({secret})".encode())
    head = content.rindex(b" 0 obj", 0, at)
    number = int(content[content.rindex(b"\n", 0, head) + 1 : head])
    last = int(content[content.rindex(b"startxref") + 9 :].split()[0])
    trailer = content[content.rindex(b"trailer") + 7 : content.rindex(b"startxref")].strip()
    update = f"{number} 0 obj\n(nytt)\nendobj\n".encode()
    table = f"xref\n{number} 1\n{len(content):010} 00000 n \n".encode()
    ends = b"trailer " + trailer[:-2] + f"/Prev {last} >>\n".encode()
    start = f"startxref\n{len(content) + len(update)}\n%%EOF\n".encode()
    return content + update + table + ends + start


def places(content: bytes, secret: str) -> set[str]:
    """Where in a PDF the secret is found: bytes, objects, each stream unfolded, text."""
    forms = {secret.encode(), secret.encode("utf-16-be"), secret.encode().hex().encode()}
    forms |= {secret.encode("utf-16-be").hex().encode()}
    found: set[str] = set()

    def look(where: str, data: bytes) -> None:
        if any(form.lower() in data.lower() for form in forms):
            found.add(where)

    look("bytes", content)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        for one in pdf.objects:
            look("objects", one.unparse())
            if isinstance(one, Stream):
                look("streams", _unfolded(one))
                look("streams", one.read_raw_bytes())
    for page in pypdf.PdfReader(io.BytesIO(content)).pages:
        look("text", "".join(page.extract_text().split()).encode())
    return found


def _unfolded(stream: pikepdf.Object) -> bytes:
    try:
        return bytes(stream.read_bytes())
    except pikepdf.PdfError:
        return b""  # a JPEG: its bytes are looked through as they are


def with_pages(count: int) -> bytes:
    """Blank pages, all of them the same."""
    pdf = pikepdf.new()
    for _ in range(count):
        pdf.add_blank_page(page_size=PAGE)
    return saved(pdf)


def locked() -> bytes:
    """A PDF under a password."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    out = io.BytesIO()
    pdf.save(out, encryption=pikepdf.Encryption(user="u", owner="o"))
    return out.getvalue()


def unfolding(megabytes: int) -> bytes:
    """A page whose content unfolds to so much."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(b" " * 1_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    packed = b"\x78\xda" + block * megabytes + packer.flush(zlib.Z_FINISH)
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=PAGE)
    content = Stream(pdf, packed, Filter=Name.FlateDecode)
    pdf.pages[0].obj.Contents = pdf.make_indirect(content)
    return saved(pdf)


def endless() -> bytes:
    """A page on which a picture is drawn half a million times."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=PAGE)
    pdf.pages[0].obj.Resources = Dictionary(XObject=Dictionary(I=_cropped(pdf)))
    content = b"300 0 0 200 0 0 cm " + b"/I Do " * 500_000
    pdf.pages[0].obj.Contents = pdf.make_indirect(Stream(pdf, content))
    return saved(pdf)


def saved(pdf: pikepdf.Pdf) -> bytes:
    """The bytes of a PDF."""
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def broken(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Ways a file comes broken, each with a name."""
    yield "empty", b""
    yield "text", b"Hej hej, det var bara text."
    yield "cut", content[: len(content) // 3]
    yield "head only", content[:40]


def picture(size: tuple[int, int] = (256, 128)) -> Image.Image:
    """A picture in which no two neighbouring squares of eight pixels have the same colour."""
    image = Image.new("RGB", size)
    draw = ImageDraw.Draw(image)
    for left in range(0, size[0], 8):
        for top in range(0, size[1], 8):
            colour = (60 + (left * 5) % 160, 60 + (top * 3) % 160, 60 + (left + top) % 160)
            draw.rectangle((left, top, left + 7, top + 7), fill=colour)
    return image


def saved_picture(form: str, *, frames: int = 1, **options: object) -> bytes:
    """A picture as a file of that form; animated with several frames."""
    out = io.BytesIO()
    image = picture()
    if frames > 1:
        rest = [image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)] + [
            image.point([min(255, value + at * 9) for value in range(256)] * 3)
            for at in range(1, frames - 1)
        ]
        options |= {"save_all": True, "append_images": rest, "duration": 70}
    image.save(out, form, **options)
    return out.getvalue()
