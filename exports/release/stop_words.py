"""Why a release was stopped, in Swedish: what the check found and where, and what is undecided.

The check and the rules speak English, to the command line and to programs. Here their places,
reasons and sentences have Swedish wordings (`archiver.core.sentence`). None quotes what leaked.
"""

from __future__ import annotations

import re

from archiver.core.sentence import Sentences

_NAMES: tuple[tuple[str, str], ...] = (
    ("attachments", "bilagor"),
    ("author_id", "avsändarens konto"),
    ("author_name", "avsändare"),
    ("author_url", "avsändarens adress"),
    ("links", "länkar"),
    ("native_id", "nummer hos plattformen"),
    ("parent", "det som besvaras"),
    ("root", "trådens början"),
    ("text", "text"),
    ("title", "rubrik"),
    ("url", "adress"),
)
_PLACES: tuple[tuple[str, str], ...] = (
    ("a place whose name leaks too", "ett ställe vars namn också röjer"),
    ("after the end", "efter filens slut"),
    ("between members at byte {}", "mellan filerna vid byte {0}"),
    ("between objects", "mellan objekten"),
    ("bytes", "filens byte"),
    ("comment", "kommentar i filen"),
    ("/openings/{}/v", "uppgift {0} av dem som visas i beviset"),
    ("content", "innehåll"),
    ("declaration", "deklaration"),
    ("element {}", "element {0}"),
    ("encoded", "kodat"),
    ("extra field", "extrafält"),
    ("file", "filen"),
    ("file {}", "fil {0}"),
    ("file name", "filnamnet"),
    ("font", "typsnitt"),
    ("frame {}", "bildruta {0}"),
    ("gzip header", "huvud i gzip"),
    ("header", "huvud"),
    ("HTTP body", "innehåll i HTTP"),
    ("HTTP header", "huvud i HTTP"),
    ("line {}", "rad {0}"),
    ("media {}", "bilaga {0}"),
    ("member {}", "fil {0} i arkivfilen"),
    ("metadata", "metadata"),
    ("name", "namn"),
    ("names", "namn"),
    ("object {}", "objekt {0}"),
    ("page {}", "sida {0}"),
    ("part {}", "del {0}"),
    ("picture", "bild"),
    ("pixels", "bildpunkter"),
    ("remark after element {}", "anmärkning efter element {0}"),
    ("revision {}", "revision {0}"),
    ("script at element {}", "skript vid element {0}"),
    ("shown text", "synlig text"),
    ("thumbnail", "miniatyr"),
    ("unlisted member at byte {}", "olistad fil vid byte {0}"),
    ("WARC record {}", "WARC-post {0}"),
)
_CATEGORIES: tuple[tuple[str, str], ...] = (
    ("account", "kontonummer"),
    ("address", "bostadsadress"),
    ("bankgiro", "bankgiro"),
    ("coordination_number", "samordningsnummer"),
    ("email", "e-postadress"),
    ("face", "ansikte"),
    ("handle", "användarnamn"),
    ("health", "hälsa"),
    ("iban", "IBAN"),
    ("ip", "IP-adress"),
    ("mask {}", "mask {0}"),
    ("name", "namn"),
    ("other", "annan uppgift"),
    ("personal_number", "personnummer"),
    ("phone", "telefonnummer"),
    ("plate", "registreringsnummer"),
    ("plusgiro", "plusgiro"),
    ("property", "fastighetsbeteckning"),
    ("ADDRESS", "adress"),
    ("BANKGIRO", "bankgiro"),
    ("BANK_ACCOUNT", "kontonummer"),
    ("EMAIL", "e-postadress"),
    ("HANDLE", "användarnamn"),
    ("IP", "IP-adress"),
    ("PERSON", "namn"),
    ("PERSONNUMMER", "personnummer"),
    ("PHONE", "telefonnummer"),
    ("PLATE", "registreringsnummer"),
    ("PLUSGIRO", "plusgiro"),
    ("PROPERTY", "fastighetsbeteckning"),
    ("SAMORDNINGSNUMMER", "samordningsnummer"),
    ("URL_ID", "länk"),
    ("url", "länk"),
)
_UNREAD: tuple[tuple[str, str], ...] = (
    ("a broken picture", "trasig bild"),
    ("a broken tar", "trasig arkivfil"),
    ("a broken zip", "trasig zip-fil"),
    ("a picture within that shows something else", "en bild i bilden som visar något annat"),
    ("broken", "trasigt"),
    ("cannot be read", "går inte att läsa"),
    ("cannot be unpacked", "går inte att packa upp"),
    ("corrupt", "trasig"),
    ("does not open", "går inte att öppna"),
    ("larger than {} bytes", "större än {0} byte"),
    ("locked by a password", "låst med lösenord"),
    ("more pixels than are read", "fler bildpunkter än som läses"),
    ("more than {} files within each other", "fler än {0} filer i varandra"),
    ("more than {} frames", "fler än {0} bildrutor"),
    ("more than {} pages", "fler än {0} sidor"),
    ("more than {} parts", "fler än {0} delar"),
    ("more than {} revisions", "fler än {0} revisioner"),
    ("of a kind that is not known", "av ett okänt slag"),
    ("packed in a way that is not known", "packat på ett okänt sätt"),
    ("sound or film", "ljud eller film"),
    ("too deep or too large", "för djupt eller för stort"),
    ("too many tables of letters", "för många teckentabeller"),
    ("torn", "avbrutet"),
    ("unfolds to more than {} bytes", "blir mer än {0} byte uppackat"),
    ("unfolds to more than {} times its size", "blir mer än {0} gånger så stort uppackat"),
)
_STOPS: tuple[tuple[str, str], ...] = (
    ("It cannot be released so.", "Det kan inte lämnas ut så."),
    ("And {} more.", "Och {0} till."),
    (
        "Nothing would be given out: a refusal is an answer, not a release.",
        "Inget skulle lämnas ut: ett avslag är ett svar, inte ett utlämnande.",
    ),
    (
        "It is no whole answer. {}: in no release, so nothing is decided on it.",
        "Det är inte hela svaret. {0}: inte med i något utlämnande, så inget är bedömt.",
    ),
    ("{}: nothing is decided on it.", "{0}: den är inte bedömd."),
    (
        "{}: it is to be given out whole, but {} masks are in force on it.",
        "{0}: den ska lämnas ut hel, men har {1} masker.",
    ),
    (
        "{}: it is to be masked, but no mask is in force on it.",
        "{0}: den ska maskas, men har ingen mask.",
    ),
    (
        "{}: it is withheld as secret, and no clause is named.",
        "{0}: den undantas för sekretess, men inget lagrum är angivet.",
    ),
    ("{}: mask {} rests on no clause.", "{0}: mask {1} saknar lagrum."),
    (
        "{}: it is to be given out whole, but 1 masks are in force on it.",
        "{0}: den ska lämnas ut hel, men har en mask.",
    ),
    (
        "{}: 1 suggestions wait to be looked at ({}).",
        "{0}: 1 förslag är inte bedömt ({1}).",
    ),
    (
        "{}: {} suggestions wait to be looked at ({}).",
        "{0}: {1} förslag är inte bedömda ({2}).",
    ),
    (
        "{}: a mask rests on a section of law, and this one names none.",
        "{0}: en mask ska ha ett lagrum, och den här har inget.",
    ),
    ("{}: the record has no such field.", "{0}: handlingen har inget sådant fält."),
    ("{}: the record has no such text.", "{0}: handlingen har ingen sådan text."),
    (
        "{}: outside the text, which has {} characters.",
        "{0}: utanför texten, som har {1} tecken.",
    ),
    ("{}: the note is longer than {} characters.", "{0}: anteckningen är längre än {1} tecken."),
    ("This cannot be cited: {}.", "Det går inte att åberopa {0}."),
    (
        "{}: the chapters that say what is secret are {} to {} of OSL",
        "{0}: det är {1}–{2} kap. OSL som säger vad som är sekretess",
    ),
    (
        "{}: not in the list of grounds; `diarkiv gdpr mask grounds` shows it",
        "{0}: den finns inte i listan över sekretessgrunder",
    ),
    (
        "{}: holds within {}, which the authority does not carry on",
        "{0}: den gäller bara i verksamhet som nämnden inte bedriver",
    ),
    (
        "{}: say in which activity, as it holds within that only",
        "{0}: den gäller bara i viss verksamhet, och ingen är angiven",
    ),
    ("A mask lies outside its text: {}.", "En mask ligger utanför sin text: {0}."),
    (
        "A mask names {}, which the version does not have.",
        "En mask gäller {0}, som versionen inte har.",
    ),
    ("Look at the record's masks again.", "Se över handlingens masker."),
    (
        "It was changed since it was reviewed: an item, a mask, a version or the program.",
        "Det har ändrats sedan det granskades: en handling, en mask, en version eller programmet.",
    ),
    (
        "{} stands under {}, which is kept apart as possibly secret.",
        "{0} står under {1}, som förvaras skild på grund av misstänkt sekretess.",
    ),
    (
        "Entry {} cannot be opened: it is kept apart, gone, or has no content.",
        "Post {0} går inte att öppna: den förvaras skild, är borta eller saknar innehåll.",
    ),
    ("The key of entry {} is gone.", "Nyckeln till post {0} är borta."),
    ("The release cannot be made again: {}", "Utlämnandet kan inte framställas igen: {0}"),
    ("The release has been made.", "Utlämnandet är redan gjort."),
    ("It has not been made.", "Det är inte utlämnat."),
    (
        "The same files cannot be made: they were rendered with another release of the program "
        "({}), and this is {}.",
        "Samma filer kan inte framställas: de gjordes med en annan version av programmet.",
    ),
    (
        "What is rendered is not what was released: {}.",
        "Det som framställdes är inte det som lämnades ut: {0}.",
    ),
    ("another order", "en annan ordning"),
    (
        "The PDF has no room for its receipt, or more than one.",
        "PDF-filen har inte plats för sitt kvitto.",
    ),
    ("{} cannot follow while the request is {}.", "Steget går inte att ta där begäran står nu."),
    (
        "A refusal, also in part, tells of the right to a written decision that can be appealed "
        "(OSL 6:3).",
        "Ett avslag, också delvis, upplyser om rätten till ett skriftligt beslut (OSL 6 kap. 3 §).",
    ),
    (
        "{} lies before the day the request came in, {}.",
        "Dagen ligger före begäran, som kom in {1}.",
    ),
)
_PLACED = Sentences((*_NAMES, *_PLACES))
_REFERRED = Sentences((*_CATEGORIES, *_UNREAD))
_STOPPED = Sentences((*_STOPS, *_NAMES, *_PLACES))
_WITHIN = re.compile(r"\(([^()]+)\)")  # places that a sentence names
_MEASURED = re.compile(r"(\w+) ([0-9–]+)")  # a place in a text: `text 12–20`


def place(said: str) -> str:
    """Where something was found, as the leak check names it, in Swedish."""
    return ", ".join(map(_part, said.split(", ")))


def _part(said: str) -> str:
    whole = _PLACED.swedish(said)
    measured = _MEASURED.fullmatch(said)
    if whole != said or not measured:
        return whole
    return f"{_PLACED.swedish(measured[1])} {measured[2]}"


def reference(said: str) -> str:
    """What was found, or why it cannot be read, in Swedish."""
    return _REFERRED.swedish(said)


def stopped(said: str) -> str:
    """Why a release may not leave, in Swedish."""
    return _WITHIN.sub(lambda found: f"({place(found[1])})", _STOPPED.swedish(said))
