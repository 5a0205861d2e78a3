"""What the verifier found, in Swedish: whoever got a copy reads Swedish.

A finding is an English sentence where it is found, and stays one in the report's data. Here each
has its Swedish wording (`core.sentence`).
Standard library only: the offline verifier carries this module.
"""

from __future__ import annotations

from archiver.core.finding_archive import ARCHIVE
from archiver.core.sentence import Sentences

_WORDINGS: tuple[tuple[str, str], ...] = (
    # what was given out
    ("An opening is not an object.", "En redovisad uppgift har fel form."),
    ("An opening has an unknown form.", "En redovisad uppgift har en okänd form."),
    ("An entry document has an unknown form.", "En redovisad loggpost har en okänd form."),
    ("An entry document is not in canonical form.", "En redovisad loggpost är skriven om."),
    ("The proof is not a tlog-proof.", "Ett bevis saknas, eller är inget bevis för en loggpost."),
    ("The proof is not in canonical form.", "Ett bevis är skrivet om."),
    ("A hash in the proof does not have 32 bytes.", "Ett hashvärde i beviset har fel längd."),
    (
        "The bundle's files are not those its manifest names.",
        "Filerna i paketet är inte de som dess förteckning anger.",
    ),
    ("The bundle holds a file that is no part of it.", "I paketet ligger en fil som inte hör dit."),
    ("The bundle holds no entry.", "Paketet innehåller ingen loggpost."),
    (
        "A bundle with a time stamp has its proofs under one head.",
        "Bevisen gäller inte ett och samma läge i loggen, som tidsstämpeln kräver.",
    ),
    (
        "The time stamp is over another head than the proofs'.",
        "Tidsstämpeln gäller ett annat läge i loggen än bevisen.",
    ),
    (
        "The time stamp is back-dated: an entry was logged later.",
        "Tidsstämpeln är bakdaterad: en loggpost skrevs senare.",
    ),
    (
        "Entry {} gave out {} records, and {} are here: the bundle does not show the "
        "whole release.",
        "Utlämnandet i post {0} omfattar {1} handlingar, och här finns {2}: paketet "
        "visar inte hela "
        "utlämnandet.",
    ),
    (
        "Entry {} gave out something else: a record was added, taken away or "
        "exchanged, or is masked "
        "in another way.",
        "Utlämnandet i post {0} gällde något annat: en handling har lagts till, "
        "tagits bort eller "
        "bytts ut, eller är maskad på ett annat sätt.",
    ),
    ("The bundle explains a disposal of nothing.", "Paketet redovisar en gallring av ingenting."),
    (
        "Entry {} is neither shown nor under a tombstone.",
        "Post {0} visas inte, och inget säger att den är gallrad.",
    ),
    (
        "Entry {}: its decision was not in force when it was executed.",
        "Post {0}: gallringsbeslutet gällde inte när det verkställdes.",
    ),
    (
        "Entry {}: the log gives its decision another time.",
        "Post {0}: enligt loggen gällde gallringsbeslutet under en annan tid.",
    ),
    (
        "Entry {}: nothing says that its proposal was confirmed.",
        "Post {0}: inget säger att gallringsförslaget bekräftades.",
    ),
    (
        "Entry {}: nothing says that its key was destroyed.",
        "Post {0}: inget säger att nyckeln förstördes.",
    ),
    (
        "Entry {}: its decision had ended when its key was destroyed.",
        "Post {0}: gallringsbeslutet gällde inte längre när nyckeln förstördes.",
    ),
    ("{} carries the proof of entry {}.", "{0} har beviset för post {1}."),
    ("Entry {} has no content to disclose.", "Post {0} har inget innehåll att redovisa."),
    (
        "Entry {}: what is shown is not what was sealed.",
        "Post {0}: det som visas är inte det som förseglades.",
    ),
    (
        "Entry {}: the raw bytes are not those that were sealed.",
        "Post {0}: plattformens egna byte är inte de som förseglades.",
    ),
    (
        "The release hides which files it gave out.",
        "Utlämnandet döljer vilka filer som lämnades ut.",
    ),
    (
        "The release does not say whether anything was masked.",
        "Utlämnandet säger inte om något är maskat.",
    ),
    ("The release's files have an unknown form.", "Utlämnandets förteckning har en okänd form."),
    ("The release names no file.", "Utlämnandet anger ingen fil."),
    ("The release's count of records is none.", "Utlämnandets antal handlingar är inget antal."),
    ("The PDF carries no receipt of a release.", "PDF-filen har inget kvitto på ett utlämnande."),
    ("The PDF carries more than one receipt.", "PDF-filen har mer än ett kvitto."),
    ("The receipt in the PDF is not whole.", "Kvittot i PDF-filen är inte helt."),
    ("The receipt has more than {} bytes.", "Kvittot har mer än {0} byte."),
    (
        "The receipt in the PDF is empty: the file was not given out.",
        "Kvittot i PDF-filen är tomt: filen har inte lämnats ut.",
    ),
    ("The receipt has an unknown form.", "Kvittot har en okänd form."),
    (
        "The receipt is of an entry that is no release.",
        "Kvittot gäller en loggpost som inte är ett utlämnande.",
    ),
    (
        "The file is not the one that was given out: something in it was changed, or "
        "the receipt is "
        "another file's.",
        "Filen är inte den som lämnades ut: något i den är ändrat, eller så är kvittot en annan "
        "fils.",
    ),
    (
        "The file is not a readable bundle or released PDF: {}",
        "Filen går inte att läsa som bevispaket eller utlämnad PDF: {0}",
    ),
    ("it is too large; use verify.pyz.", "den är för stor här. Använd verify.pyz."),
    (
        "it is neither a whole zip file nor a PDF. Other files prove nothing by "
        "themselves: check the "
        "PDF or the bundle that came along, which name their digests.",
        "den är varken en hel zip-fil eller en PDF. Andra filer bevisar inget var för sig: "
        "kontrollera PDF-filen eller bevispaketet som följde med, där deras kontrollsummor står.",
    ),
    ("The bundle names a file twice.", "Paketet har två filer med samma namn."),
    (
        "The bundle is packed in a way that no bundle of ours is.",
        "Paketet är packat på ett sätt som inget bevispaket är.",
    ),
    (
        "The bundle is too large unpacked; use verify.pyz.",
        "Paketet är för stort uppackat. Använd verify.pyz.",
    ),
    (
        "Something lies in the zip file beside the bundle.",
        "I zip-filen ligger något vid sidan av bevispaketet.",
    ),
    ("The file cannot be read: {}.", "Filen går inte att läsa: {0}."),
    # keys, heads, proofs
    (
        "The public key file has something after the key.",
        "Filen med den publika nyckeln har något efter nyckeln.",
    ),
    (
        "The log's key is not the pinned one. It is of {}, the log here of {}.",
        "Loggens nyckel är inte den förväntade. Den förväntade hör till {0}, loggen här till {1}.",
    ),
    ("The log's key is not the pinned one.", "Loggens nyckel är inte den förväntade."),
    (
        "A verifier key has the form name+id+base64.",
        "Den publika nyckeln saknas, eller har inte den form som en nyckel har.",
    ),
    ("The verifier key is not an Ed25519 key.", "Den publika nyckeln är av ett annat slag."),
    (
        "The verifier key's name or key is not one a log may have.",
        "Den publika nyckeln eller dess namn är inget som en logg kan ha.",
    ),
    (
        "The verifier key's id does not fit its name and key.",
        "Den publika nyckelns nummer stämmer inte med nyckeln.",
    ),
    ("A value is not base64.", "Ett värde är inte base64."),
    ("A base64 value has spare bits.", "Ett värde i base64 är skrivet om."),
    (
        "A signed note has a body, an empty line and signature lines.",
        "Loggens huvud saknar innehåll eller underskrift.",
    ),
    (
        "The checkpoint is not signed by the expected key.",
        "Loggens huvud är inte undertecknat med den förväntade nyckeln.",
    ),
    (
        "The checkpoint's signature does not verify.",
        "Underskriften på loggens huvud stämmer inte.",
    ),
    (
        "The checkpoint is signed by the key of another log.",
        "Loggens huvud är undertecknat med en annan loggs nyckel.",
    ),
    (
        "A checkpoint has an origin, a size and a root.",
        "Loggens huvud saknar namn, storlek eller rot.",
    ),
    ("The checkpoint is not in canonical form.", "Loggens huvud är skrivet om."),
    ("The checkpoint is not UTF-8.", "Loggens huvud är inte läsbar text."),
    (
        "The proof is for leaf {} of a tree of {}.",
        "Beviset gäller post {0} av {1}, som inte finns.",
    ),
    ("The inclusion proof is too short.", "Beviset för loggpostens plats är för kort."),
    ("The inclusion proof is too long.", "Beviset för loggpostens plats är för långt."),
    (
        "The inclusion proof does not lead to the signed root.",
        "Beviset leder inte till loggens undertecknade huvud: loggposten står inte där.",
    ),
    (
        "No tree of {} extends one of {}.",
        "En logg med {0} poster bygger inte vidare på en med {1}.",
    ),
    ("The consistency proof is empty.", "Beviset för att loggen bygger vidare är tomt."),
    ("The consistency proof is too long.", "Beviset för att loggen bygger vidare är för långt."),
    (
        "The consistency proof does not join the two heads.",
        "Loggen bygger inte vidare på det tidigare huvudet.",
    ),
    (
        "Two heads of one size differ: the log is forked.",
        "Två huvuden för lika många poster skiljer sig: loggen finns i två utföranden.",
    ),
    ("A bundle of entries is cut off.", "En fil med loggposter är avkortad."),
    # forms
    ("A {} has no canonical form.", "Ett värde av slaget {0} kan inte stå här."),
    ("The bytes are JSON, but not in canonical form.", "En uppgift är skriven om."),
    ("The canonical JSON is not an object.", "En uppgift har en annan form än den ska."),
    ("A value is more than {} levels deep.", "En uppgift har mer än {0} nivåer."),
    ("A string holds a lone surrogate.", "En text innehåller ett halvt tecken."),
    ("The bytes are not canonical JSON.", "En uppgift har en annan form än den ska."),
    ("An integer is outside ±(2^53 − 1).", "Ett tal är för stort."),
    ("A key is not an ASCII string.", "Ett fältnamn har otillåtna tecken."),
    ("A salt or a path in an opening is malformed.", "Ett fältnamn eller salt har fel form."),
    ("A committed path is not printable ASCII.", "Ett fältnamn har otillåtna tecken."),
    (
        "The digest of a hidden part does not have 32 bytes.",
        "Kontrollsumman för en dold del har fel längd.",
    ),
    ("The label of a hidden part is no path.", "En dold del har inget fältnamn."),
    ("A committed value holds a lone surrogate.", "En text innehåller ett halvt tecken."),
    ("A field of a log entry is not of its form.", "En loggpost har ett fält av fel form."),
    ("A fact of a log entry has a reserved name.", "En loggpost har ett fält med upptaget namn."),
    ("The bytes are not a log entry.", "Det som ska vara en loggpost är ingen loggpost."),
    ("An anchor does not say what it must.", "En post om en tidsstämpel är ofullständig."),
    (
        "An anchor names a head that is not before it.",
        "En post om en tidsstämpel gäller ett läge i loggen som kom senare.",
    ),
    ("A DER {}.", "Tidsstämpeln går inte att läsa."),
    ("Something follows a DER element.", "Tidsstämpeln går inte att läsa."),
    ("The authority granted no stamp (status {}).", "Ingen tidsstämpel gavs (status {0})."),
    ("The time-stamp reply is too large.", "Tidsstämpeln är för stor."),
    ("The time-stamp reply holds no token.", "Tidsstämpeln är tom."),
    ("The time-stamp token is not of the type it must be.", "Tidsstämpeln är av fel slag."),
    ("The time stamp is of a version that is not known.", "Tidsstämpeln är av en okänd version."),
    ("The time stamp is not over a SHA-256 digest.", "Tidsstämpeln är inte över en SHA-256-summa."),
    ("The time stamp has two nonces.", "Tidsstämpeln har två engångstal."),
    (
        "The stamp is not signed by an authority under the given roots.",
        "Tidsstämpeln är inte undertecknad av någon som de angivna rotcertifikaten godkänner.",
    ),
    ("Entry {}: {}", "Post {0}: {1}"),
)


_SENTENCES = Sentences(_WORDINGS + ARCHIVE)


def swedish(finding: str) -> str:
    """The finding in Swedish; as it stands where there is no wording for it."""
    return _SENTENCES.swedish(finding)
