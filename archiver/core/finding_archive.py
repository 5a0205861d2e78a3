"""What the verifier finds in an archive folder, in Swedish (`core.finding`).

Standard library only: the offline verifier carries this module.
"""

from __future__ import annotations

ARCHIVE: tuple[tuple[str, str], ...] = (
    (
        "Entry {}: its sealed bytes are missing or altered.",
        "Post {0}: de förseglade byten saknas eller är ändrade.",
    ),
    ("Entry {}: the frame has another id.", "Post {0}: det som ligger där är en annan posts."),
    ("Entry {}: its key line is missing or altered.", "Post {0}: nyckeln saknas eller är ändrad."),
    (
        "Entry {}: its key is gone without an entry.",
        "Post {0}: nyckeln är borta utan att loggen säger det.",
    ),
    (
        "Entry {}: its key lies where it was to be gone.",
        "Post {0}: nyckeln finns kvar fast den skulle vara borta.",
    ),
    ("Entry {}: its key was destroyed {}.", "Post {0}: nyckeln förstördes {1}."),
    ("Entry {}: a tombstone {}.", "Post {0}: en gallringspost {1}."),
    ("and no decision explains it", "och inget beslut förklarar det"),
    ("when its decision was no longer in force", "när beslutet inte längre gällde"),
    ("under a tombstone {}", "enligt en gallringspost {0}"),
    ("that names no decision in the log", "som inte anger något beslut i loggen"),
    (
        "that gives its decision another time than the log does",
        "som ger beslutet en annan tid än loggen gör",
    ),
    ("under a decision that was not in force", "enligt ett beslut som inte gällde"),
    ("of a proposal that nobody confirmed", "efter ett förslag som ingen bekräftade"),
    ("over entries that are no captured content", "över poster som inte är insamlat innehåll"),
    ("A tombstone names no entries.", "En gallringspost anger inga poster."),
    ("A tombstone is not of its form.", "En gallringspost har fel form."),
    ("A tombstone holds a run of another length.", "En gallringspost har fel form."),
    ("A tombstone's runs overlap or do not rise.", "En gallringspost anger samma post två gånger."),
    ("A tombstone names entries behind itself.", "En gallringspost anger poster som kom senare."),
    (
        "An entry about disposal holds something else than a count.",
        "En post om gallring har fel form.",
    ),
    (
        "An entry about a decision's interval is not of its form.",
        "En post om ett besluts giltighet har fel form.",
    ),
    (
        "An entry about a confirmed proposal is not of its form.",
        "En post om ett bekräftat förslag har fel form.",
    ),
    ("An entry about moved keys {}.", "En post om flyttade nycklar har fel form."),
    ("An entry about a compacted pack {}.", "En post om en omskriven arkivfil har fel form."),
    ("An entry about a recovery {}.", "En post om en återställning har fel form."),
    (
        "An entry about a repeated disposal is not of its form.",
        "En post om en upprepad gallring har fel form.",
    ),
    ("An entry about a loss is not of its form.", "En post om en förlust har fel form."),
    (
        "An entry names no runs of entries, or too many.",
        "En post anger inga poster, eller för många.",
    ),
    ("An entry holds something else than a count.", "En post har något annat än ett antal."),
    ("An entry holds a run of another length.", "En post har fel form."),
    ("An entry's runs overlap or do not rise.", "En post anger samma post två gånger."),
    (
        "A recovery does not begin at its own entry.",
        "En återställning börjar inte vid sin egen post.",
    ),
    (
        "A loss is explained that is none, or that nobody answers for.",
        "En förlust förklaras som inte är någon, eller som ingen svarar för.",
    ),
    (
        "A disposal is repeated that no open recovery stands before.",
        "En gallring upprepas utan att en återställning pågår.",
    ),
    (
        "A repeated disposal names entries that no recovery brought back.",
        "En upprepad gallring anger poster som ingen återställning tog tillbaka.",
    ),
    (
        "The log {} does not say which log it goes on from.",
        "Loggen {0} säger inte vilken logg den fortsätter.",
    ),
    (
        "The log says that it goes on from {}, which {} does not follow.",
        "Loggen säger att den fortsätter {0}, som {1} inte följer på.",
    ),
    (
        "The first {} entries do not give the kept root.",
        "De första {0} posterna ger inte det huvud som sparades.",
    ),
    ("The first {} entries do not give its root.", "De första {0} posterna ger inte dess huvud."),
    (
        "The checkpoint that was kept is of a log that this one does not go on from.",
        "Det sparade huvudet hör till en logg som den här inte fortsätter.",
    ),
    (
        "The checkpoint that was kept ends at {}, in the declared lost range [{}, {}).",
        "Det sparade huvudet slutar vid post {0}, bland dem som är förlorade (från {1} till {2}).",
    ),
    (
        "The checkpoint that was kept ends at {}: more is lost than the {} entries "
        "that the recovery knew of.",
        "Det sparade huvudet slutar vid post {0}: mer är förlorat än de {1} poster "
        "som återställningen kände till.",
    ),
    ("A log's name does not end in its generation.", "Loggens namn har fel form."),
    ("A compacted pack is cut off.", "En omskriven arkivfil är avkortad."),
    ("A compacted pack does not begin as one does.", "En omskriven arkivfil har fel början."),
    (
        "A compacted pack's header contradicts its name or itself.",
        "En omskriven arkivfil säger emot sig själv.",
    ),
    (
        "A compacted pack's holes are out of bounds.",
        "En omskriven arkivfil har luckor utanför filen.",
    ),
    ("A sealed pack does not end as one does.", "En förseglad arkivfil har fel slut."),
    ("A frame's length is out of bounds.", "En förseglad del har orimlig längd."),
    ("log/tail does not begin as a log's tail does.", "log/tail har fel början."),
    ("log/tail does not begin at a tile's edge.", "log/tail börjar på fel ställe."),
    ("log/intent is damaged.", "log/intent är skadad."),
    ("log/intent contradicts the checkpoint.", "log/intent säger emot loggens huvud."),
    (
        "log/signed contradicts the checkpoint or the log.",
        "log/signed säger emot loggens huvud eller loggen.",
    ),
    ("Restore log/ from a backup.", "Återställ log/ från en säkerhetskopia."),
    (
        "The secret store is damaged: its digest line does not fit.",
        "Nyckelförrådet är skadat: kontrollsumman stämmer inte.",
    ),
    (
        "Restore keys/secrets from the newest backup.",
        "Återställ keys/secrets från den senaste säkerhetskopian.",
    ),
    ("root.key is damaged.", "root.key är skadad."),
    ("Restore the escrow copy.", "Återställ den deponerade kopian."),
    ("The folder cannot be read to its end ({}).", "Mappen går inte att läsa till slutet ({0})."),
    ("{} entries are unexplained.", "{0} poster saknar förklaring."),
    (
        "{} entries were lost, and nobody answers for it.",
        "{0} poster är förlorade, och ingen svarar för det.",
    ),
    ("{} entries are not signed yet.", "{0} poster är inte undertecknade än."),
    (
        "The log ends at {}, not at the signed {}.",
        "Loggen slutar vid post {0}, inte vid den undertecknade {1}.",
    ),
    (
        "The log ends in a torn entry that was never acknowledged.",
        "Loggen slutar i en avbruten post som aldrig kvitterades.",
    ),
    (
        "The checkpoint is older than the one that was kept.",
        "Loggens huvud är äldre än det som sparades.",
    ),
    ("Pack {} was sealed out of order.", "Arkivfil {0} förseglades i fel ordning."),
    (
        "Cohort {}: {} bytes beyond the last entry, from an interrupted write; the "
        "next writer removes them.",
        "Grupp {0}: {1} byte efter den sista posten, från en avbruten skrivning. "
        "Nästa skrivning tar bort dem.",
    ),
    ("{} is missing or does not begin as a pack does.", "{0} saknas eller har fel början."),
    ("{} is not as it was sealed.", "{0} är inte som den förseglades."),
    (
        "{} is not in this folder and was not checked.",
        "{0} finns inte i mappen och är inte kontrollerad.",
    ),
    ("{} does not hold {} entries.", "{0} innehåller inte {1} poster."),
    ("{} is not what the entries give.", "{0} är inte vad posterna ger."),
    ("{} is not the dictionary in the log.", "{0} är inte den ordlista som loggen anger."),
    ("{} is named by no entry: it proves nothing.", "{0} anges av ingen post: den bevisar inget."),
    ("{} is not a file.", "{0} är ingen fil."),
    ("{} cannot be read: {}.", "{0} går inte att läsa: {1}."),
    (
        "keys/{} is of a key generation that is not in force, from an interrupted "
        "write; the next writer removes it.",
        "keys/{0} är av en nyckelgeneration som inte gäller, från en avbruten "
        "skrivning. Nästa skrivning tar bort den.",
    ),
    ("a key generation was left out.", "en nyckelgeneration är överhoppad."),
    (
        "the key of entry {} does not lie where it is taken from.",
        "nyckeln till post {0} ligger inte där den tas ifrån.",
    ),
    ("its time lies before the one before it.", "tiden ligger före den föregående postens."),
    ("its field {} is not a number.", "fältet {0} är inget tal."),
    (
        "{} cohort has no key ({}): {} entries cannot be opened, and no decision explains that.",
        "{0} grupp saknar nyckel ({1}): {2} poster går inte att öppna, och inget "
        "beslut förklarar det.",
    ),
    (
        "{} cohorts have no key ({}): {} entries cannot be opened, and no decision explains that.",
        "{0} grupper saknar nyckel ({1}): {2} poster går inte att öppna, och inget "
        "beslut förklarar det.",
    ),
    ("Time stamp {}: {}", "Tidsstämpel {0}: {1}"),
    ("the anchor's reply is missing.", "tidsstämpeln saknas."),
    ("the head it is over is missing.", "det huvud den gäller saknas."),
    (
        "it is not signed by an authority under the given roots.",
        "den är inte undertecknad av någon som de angivna rotcertifikaten godkänner.",
    ),
    ("it is not the reply that its anchor names.", "den är inte den som loggen anger."),
    (
        "it is over a head that this log did not have.",
        "den gäller ett huvud som den här loggen inte har haft.",
    ),
    (
        "it is over another head than its anchor says.",
        "den gäller ett annat huvud än loggen anger.",
    ),
    ("its time is not the one that its anchor says.", "tiden är inte den som loggen anger."),
    (
        "it is back-dated: what it covers was logged later than it says.",
        "den är bakdaterad: det den gäller skrevs senare än den säger.",
    ),
    (
        "it is back-dated: an earlier anchor's stamp is of a later time.",
        "den är bakdaterad: en tidigare tidsstämpel har en senare tid.",
    ),
    (
        "the log is back-dated: it names the stamp before it was made.",
        "loggen är bakdaterad: den anger stämpeln innan den gjordes.",
    ),
)
