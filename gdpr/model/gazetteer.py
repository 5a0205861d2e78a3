"""The lists of names that ship: given names with how common they are, and surnames. Pure but for
reading its own two files.

Given names come from Statistics Sweden's count of bearers, those with at least `LEAST` of them
(`names.txt`, written by `make model`; a line is a power of ten and the names that reach it). The
surnames (`surnames.txt`) are our own collection of common ones. Neither is about any person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from gdpr.core.cue import words

LEAST = 100
NAMES = Path(__file__).with_name("names.txt")
SURNAMES = Path(__file__).with_name("surnames.txt")
WORD_NAMES = Path(__file__).with_name("wordnames.txt")
NICKNAMES = Path(__file__).with_name("nicknames.txt")

# The parts that most Swedish surnames are made of.
_FIRST = words(
    """ahl alm appel asker asp back bar bark berg bern björk blad blixt blom boman borg brand
    bro brun bäck ceder cron dahl dal dam drak ed edel eden ek ekel ekels el eng enger erik
    fager falk fjäll flod fors forss fred frid frö fågel glans gran gren grund gräns grön
    guld gull gylden gård hag hall ham hammar hamn hassel hav hed hede hel hell himmel hjalm
    hjelm hjort hjälm holm hovs hult häger hägg hög isaks jern kalm karl klang klar kling
    klint kron kull kungs kvarn kvist käll kärr lag lager land lax lejon lilje lill lind
    linde linn ljung ljus lod lund lärk löf löfgren lönn löv löw malm mar mark mel mell mels
    mid mill mjö mo moberg myr mån mör nilsén nor nord norden norr ny nys nysk nyström näs
    ocklin od oden ol olofs ork over palm palmen pers pil pilg post quick quist rams rap
    rask rehn ren reuter ring rings ros rosen rosén rud rund rut ryd röd rönn röst sahl sand
    segel sell sels sider silf silfver silver sjö skarp skog skoglar skoog skär slät smed
    sol stads stark stein sten sterner stig stjern stor strand ström stål sund sunn sunne
    svan svart sved sven svärd sylv särn söder söderg sör tall tegn tham thor tjäder tor
    torn tran trast tull tun tyr tysk törn udd ugg ull ung valde vall varg vas vester vik
    vret väng väster wahl wal wall wass wen wern weste wester wetter wide widen wik wikt
    wing winter wret zacker zett zetter älg älv äng änger åbe åde åker åkers ås öber öst
    öster österman östman över"""
)
_LAST = sorted(
    words(
        """berg bergh borg by bom back bäck blad blom dahl dal din dén din elius ell én ér fors
    fält feldt gren grén gård hag hammar hed hem holm hult hjelm häll kvist qvist quist
    krantz lid lin lind ling lund löf löv man mark mar mo näs nell oth rot roth rud ryd skog
    skiöld sköld stam stedt sten strand stråle ström ståhl stål städt svärd torp vall vik
    wall wik ås åker ängen"""
    )
)


@cache
def given_names() -> Mapping[str, int]:
    """Given name, case-folded → how many digits its number of bearers has (3 to 6)."""
    found: dict[str, int] = {}
    if NAMES.exists():
        for line in NAMES.read_text("utf-8").splitlines():
            size, *names = line.split()
            found |= {name: int(size) for name in names}
    return found


@cache
def surnames() -> frozenset[str]:
    """Common surnames, case-folded."""
    return frozenset(SURNAMES.read_text("utf-8").casefold().split())


@cache
def word_names() -> frozenset[str]:
    """Names that are ordinary words too, case-folded: björn, sten, my, bo."""
    return frozenset(WORD_NAMES.read_text("utf-8").casefold().split())


@cache
def surname_words() -> frozenset[str]:
    """The words of nature that surnames are made of, and are by themselves: berg, ek, lind."""
    return frozenset(_FIRST).union(_LAST)


@cache
def nicknames() -> frozenset[str]:
    """What friends call each other, case-folded: kicki, steffe."""
    return frozenset(NICKNAMES.read_text("utf-8").casefold().split())


def is_surname(word: str) -> bool:
    """Whether a case-folded word is a listed surname, or made as Swedish ones are: a father's name
    (Ollasson), two words of nature (Granlind)."""
    if word in surnames() or (len(word) > 6 and word.endswith(("sson", "sdotter"))):
        return True
    return any(word.endswith(last) and word[: -len(last)] in _FIRST for last in _LAST)


def trimmed(counts: Iterable[tuple[str, int]]) -> str:
    """The file of given names, from names and how many bear them (added up over the sexes)."""
    total: dict[str, int] = {}
    for name, bearers in counts:
        total[name.casefold()] = total.get(name.casefold(), 0) + bearers
    by_size: dict[int, list[str]] = {}
    for name in sorted(total):
        if total[name] >= LEAST and " " not in name:
            by_size.setdefault(len(str(total[name])), []).append(name)
    return "".join(f"{size} {' '.join(by_size[size])}\n" for size in sorted(by_size))
