"""The files of a release: PDF, JSON and CSV, made from the records as they are given out.

Text of others goes in as data and never as markup. The same records, instant and head of the log
give the same bytes. Pure but for `as_pdf`, which runs typst.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from archiver.core.canonical import Json
from archiver.document.parts import (
    Column,
    Document,
    Field,
    Fields,
    Heading,
    Notice,
    Paragraph,
    Part,
    Points,
    Table,
)
from archiver.document.render import Attachment
from exports.core.release import (
    DECISIONS,
    REASONS,
    Because,
    Item,
    ReleaseSet,
    citations_used,
    in_words,
)
from exports.core.sheet import as_csv
from exports.release.given import Given
from exports.release.values import (
    INSTANTS,
    at_words,
    items,
    kind_words,
    moment,
    state_words,
    text,
    texts,
)
from gdpr.core.ground import Citation
from gdpr.leak import Output

FORMAT = "diarkiv-utlamnande/1"
PDF, JSON, CSV, BUNDLE = "utlamnande.pdf", "utlamnande.json", "utlamnande.csv", "bevis.zip"
_COLUMNS = (
    *("handling", "post_i_loggen", "version", "slag", "plattform", "beslut"),
    *("skapad", "fångad", "avsändare", "avsändarens_konto", "rubrik", "text", "adress"),
    *("länkar", "bilagor", "läge"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The log when the files were made: its name, its size, its root (hexadecimal)."""

    origin: str
    size: int
    root: str

    def payload(self) -> dict[str, Json]:
        """Its fields as they are sealed."""
        return {"origin": self.origin, "size": self.size, "root": self.root}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """All that files are made from. `leaves`: entry → its hash in the log (hexadecimal); `made_at`
    in milliseconds since 1970 UTC."""

    set: ReleaseSet
    release: int
    authority: str
    given: tuple[Given, ...]
    leaves: Mapping[int, str]
    head: Head
    made_at: int


def as_json(made: Made) -> bytes:
    """The release for machines."""
    said = {
        "format": FORMAT,
        "authority": made.authority,
        "request": made.set.request,
        "release": made.release,
        "made": moment(made.made_at),
        "records": [_record(one, made) for one in made.given],
        "withheld": [_withheld(one) for one in made.set.withheld],
        "clauses": [_clause(one) for one in citations_used(made.set)],
        "log": made.head.payload(),
        "renderer": made.set.renderer,
    }
    return (json.dumps(said, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def as_table(made: Made) -> bytes:
    """The release for spreadsheets: a row for each version."""
    if not any(one.notes for one in made.given):
        return as_csv(_COLUMNS, (_row(one) for one in made.given))
    rows = ((*_row(one), "\n".join(noted.text for noted in one.notes)) for one in made.given)
    return as_csv((*_COLUMNS, "rättelser"), rows)


def document(made: Made, beside: Sequence[Output], *attached: Attachment) -> Document:
    """The release for people. `beside`: the files that go with it, the JSON among them; that one
    is attached in the PDF too, and `attached`."""
    particulars = (
        Field("Begäran", str(made.set.request)),
        Field("Utlämnande", str(made.release)),
        Field("Datum", moment(made.made_at)[:10]),
    )
    data = next(one.content for one in beside if one.name == JSON)
    return Document(
        kind="Utlämnande",
        title="Utlämnande av allmän handling",
        issuer=made.authority,
        language="sv",
        made_at=made.made_at,
        particulars=particulars,
        parts=(
            *_summary(made),
            *(part for one in made.given for part in _given_parts(one)),
            *_proof(made, beside),
        ),
        attached=(
            Attachment(
                name=JSON,
                media_type="application/json",
                data=data,
                purpose="handlingarna i maskinläsbar form",
            ),
            *attached,
        ),
    )


# --- parts ---------------------------------------------------------------------------------------


def _summary(made: Made) -> Iterator[Part]:
    masked = sum(one.masked for one in made.given)
    withheld = made.set.withheld
    yield Fields(
        (
            Field("Handlingar som lämnas ut", str(len(made.given))),
            Field("varav i maskat skick", str(masked)),
            Field("Handlingar som inte lämnas ut", str(len(withheld))),
        )
    )
    if not masked and not withheld:
        return
    yield Notice(
        "Allt som har begärts lämnas inte ut. Du har rätt att få ett skriftligt beslut av "
        "myndigheten, som kan överklagas. Begär det hos myndigheten."
    )
    yield Heading("Uppgifter som inte lämnas ut")
    if masked:
        yield Paragraph(
            "I stället för en uppgift som inte lämnas ut står ett märke inom hakparentes, till "
            "exempel [NAMN-7f3a]. Samma märke står för samma uppgift i hela utlämnandet. Märket "
            "säger inget om uppgiften och kan inte räknas om till den. Adresser och länkar som "
            "leder till en maskad handling lämnas inte heller ut."
        )
    clauses = [in_words(one) for one in citations_used(made.set)]
    if clauses:
        yield Paragraph("Uppgifterna omfattas av sekretess enligt:")
        yield Points(tuple(clauses))
    if marks := _marks(made):
        yield Paragraph(
            "Märkena, och de maskade filerna, står för uppgifter som är sekretessbelagda enligt:"
        )
        yield Table((Column("Märke eller fil", 3), Column("Lagrum", 5)), marks)
    if withheld:
        yield Table(
            (Column("Handling", 2), Column("Skäl", 5)),
            tuple((one.name, _why(one)) for one in withheld),
        )


def _marks(made: Made) -> tuple[tuple[str, str], ...]:
    """Each mark in the order in which they come, and what it rests on; none where not even the
    number of masks is to be told."""
    if made.set.hide_structure:
        return ()
    found: dict[str, set[Citation]] = {}
    for mark, cited in (one for each in made.given for one in each.marks):
        found.setdefault(mark, set()).update(cited)
    order = citations_used(made.set)
    return tuple(
        (mark, "; ".join(in_words(one) for one in order if one in cited))
        for mark, cited in found.items()
    )


def _why(item: Item) -> str:
    if item.because is not Because.SECRECY:
        return REASONS[item.because].sv.capitalize()
    return "; ".join(in_words(one) for one in item.citations)


def _given_parts(one: Given) -> Iterator[Part]:
    said = one.fields
    yield Heading(f"Handling {one.number}")
    rows = [
        ("Slag", kind_words(one.fields.get("kind"))),
        ("Rubrik", text(said.get("title"))),
        ("Avsändare", text(said.get("author_name"))),
        ("Avsändarens konto", text(said.get("author_url"))),
        ("Skapad enligt plattformen", at_words(said.get("created_at"))),
        ("Fångad av myndigheten", at_words(said.get("captured_at"))),
        ("Läge på plattformen när den hämtades", state_words(said.get("state"))),
        ("Adress", text(said.get("url"))),
        ("Länkar", "\n".join(texts(said.get("links")))),
        ("Bilagor", "\n".join(_attachments(one))),
        ("Version", f"{one.item.n} av R{one.item.record}"),
    ]
    yield Fields(tuple(Field(label, value) for label, value in rows if value))
    if body := text(said.get("text")):
        yield Paragraph(body)
    for noted in one.notes:
        yield Notice(
            f"Rättelse antecknad bredvid handlingen {moment(noted.at)[:10]} (artikel 16 i "
            f"dataskyddsförordningen): {noted.text} Handlingen själv är inte ändrad."
        )


def _attachments(one: Given) -> Iterator[str]:
    files = {file.of: file for file in one.files}
    for number, said in enumerate(items(one.fields.get("attachments"))):
        given: Mapping[str, Any] = said if isinstance(said, Mapping) else {}
        words = [str(given[name]) for name in ("name", "alt") if given.get(name)]
        file = files.get(number)
        if file is not None:
            anew = ", gjord om från bildpunkter utan det dolda eller körbara i filen"
            words.append(
                f"filen {file.output.name}"
                + (", maskad" if file.redacted else anew if file.remade else "")
            )
        yield (
            ": ".join([f"Bilaga {number + 1}", ", ".join(words)])
            if words
            else (f"Bilaga {number + 1}")
        )
    for kept in one.withheld:
        if kept.because:
            yield (
                f"Bilaga {kept.of + 1}: filen går inte att kontrollera och följer inte med. Begär "
                "den på papper, eller läs den hos myndigheten."
            )
            continue
        grounds = "; ".join(in_words(cited) for cited in kept.citations)
        yield f"Bilaga {kept.of + 1}: {_FILE[kept.kind]} lämnas inte ut, enligt {grounds}"


_FILE = {"film": "filmen", "sound": "ljudet", "picture": "bilden", "file": "filen"}


def _proof(made: Made, beside: Sequence[Output]) -> Iterator[Part]:
    yield Heading("Bevis")
    yield Paragraph(
        "Handlingarna finns i myndighetens arkiv, vars poster står i en logg som inte kan ändras i "
        "efterhand utan att det märks. För varje handling står nedan postens nummer och dess "
        "hashvärde i loggen. Utlämnandet är självt en post i loggen och namnger filerna."
    )
    yield Table(
        (Column("Handling"), Column("Post i loggen"), Column("Hashvärde", 5)),
        tuple(
            (str(one.number), str(one.item.version), made.leaves[one.item.version])
            for one in made.given
        ),
    )
    yield Heading("Filer", 2)
    yield Table(
        (Column("Fil", 2), Column("SHA-256", 5)),
        tuple((one.name, sha256(one.content).hexdigest()) for one in beside),
    )
    yield Heading("Loggen när utlämnandet framställdes", 2)
    yield Fields(
        (
            Field("Loggens namn", made.head.origin),
            Field("Antal poster", str(made.head.size)),
            Field("Rot", made.head.root, exact=True),
            Field("Framställt med", made.set.renderer),
        )
    )
    yield Heading("Så kontrollerar du utlämnandet", 2)
    yield Points(
        (
            "Öppna myndighetens sida Verifiera och välj filen, eller kör programmet verify.pyz "
            "från myndigheten på filen. Det behövs inget nät.",
            f"Filen {BUNDLE} visar att texten är den som arkivet förseglade, också där något är "
            "maskat: python3 -I -S verify.pyz bevis.zip --key NYCKEL",
            "Hämta arkivets publika nyckel från myndigheten på annan väg än denna fil.",
        )
    )


# --- forms of values -----------------------------------------------------------------------------


def _record(one: Given, made: Made) -> dict[str, Any]:
    fields = {
        name: at_words(value) if name in INSTANTS else value for name, value in one.fields.items()
    }
    said: dict[str, Any] = {
        "number": one.number,
        "record": f"R{one.item.record}",
        "entry": one.item.version,
        "leaf": made.leaves[one.item.version],
        "version": one.item.n,
        "platform": one.platform,
        "decision": str(one.item.decision),
        "fields": fields,
        "files": [
            {
                "attachment": file.of + 1,
                "name": file.output.name,
                "mime": file.mime,
                "redacted": file.redacted,
                **({"remade": list(file.remade)} if file.remade else {}),
                "sha256": sha256(file.output.content).hexdigest(),
            }
            for file in one.files
        ],
    }
    if one.withheld:
        said["files_withheld"] = one.kept_back
        said["withheld_files"] = [
            {
                "attachment": kept.of + 1,
                "kind": kept.kind,
                "clauses": [in_words(cited) for cited in kept.citations],
                **({"because": kept.because} if kept.because else {}),
            }
            for kept in one.withheld
        ]
    if one.notes:
        said["rectifications"] = [
            {"noted": moment(noted.at)[:10], "text": noted.text} for noted in one.notes
        ]
    return said


def _withheld(item: Item) -> dict[str, Any]:
    return {
        "record": f"R{item.record}",
        "version": item.n,
        "because": item.because.value,
        "clauses": [str(one.clause) for one in item.citations],
    }


def _clause(one: Citation) -> dict[str, str]:
    said = {"clause": str(one.clause), "words": in_words(one)}
    return said | ({"through": str(one.through)} if one.through else {})


def _row(one: Given) -> tuple[str, ...]:
    said = one.fields
    return (
        str(one.number),
        str(one.item.version),
        str(one.item.n),
        kind_words(one.fields.get("kind")),
        one.platform,
        "" if one.item.decision is None else DECISIONS[one.item.decision].sv,
        at_words(said.get("created_at")),
        at_words(said.get("captured_at")),
        text(said.get("author_name")),
        text(said.get("author_url")),
        text(said.get("title")),
        text(said.get("text")),
        text(said.get("url")),
        "\n".join(texts(said.get("links"))),
        "\n".join(_attachments(one)),
        state_words(said.get("state")),
    )
