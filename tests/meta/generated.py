"""The generated parts of the documentation: what they must say, and a command that writes them.

    python -m tests.meta.generated

A part stands between `<!-- generated:NAME -->` and `<!-- /generated -->`. `test_docs.py` compares.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import SecretStr

from archiver import errors
from archiver.api.app import create_api
from archiver.api.security import NEEDS
from archiver.api.services import ApiSettings
from archiver.config import PREFIX, Settings

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_PART = re.compile(r"(<!-- generated:(\w+) -->\n)(.*?)(<!-- /generated -->)", re.DOTALL)

# What each clause says, in our words. A clause cited in the code without a line here fails a test.
CLAUSES: Mapping[str, str] = {
    "TF 2:1": "everyone has the right to read official documents",
    "TF 2:4": "a document is official if an authority holds it and it is received or drawn up",
    "TF 2:8": "post addressed to an official in person is official if it is about the authority's "
    "business, and not sent to them in another capacity",
    "TF 2:9": "received: when it has arrived; for recordings, when someone else has made them "
    "technically available to the authority",
    "TF 2:10": "drawn up: when it has been dispatched, here by being published; a draft is not",
    "TF 2:15": "whoever asks may read an official document at once, or as soon as possible, on "
    "the spot and without a fee",
    "TF 2:6": "a compilation is held if routine measures make it",
    "TF 2:16": "whoever asks may have a copy for a fixed fee, without delay",
    "TF 2:18": "whoever asks for a document need not say who they are or why",
    "TF 2:19": "a refusal to give out a document can be appealed",
    "OSL 2009:400": "secrecy holds for what the act says, unless released after an assessment",
    "OSL 4:2": "an authority describes what it holds, what one can search by, and who answers",
    "OSL 5:1": "what came in or was drawn up is registered without delay; what is not secret may "
    "instead be kept so that it is easily seen whether it came in; what is obviously of little "
    "importance needs neither",
    "OSL 5:2": "a register shows the day, the number, from or to whom, and in short what it is "
    "about; the last two are left out or kept apart where needed for the rest to be shown",
    "OSL 5:5": "a secrecy marking names the provision, the day and the authority that made it",
    "OSL 6:3": "whoever is refused, also in part or with a condition, may have it in a written "
    "decision, which can be appealed, and is told so",
    "OSL 10:14": "a document may be given out with a condition on its use",
    "OSL 21:3": "addresses, telephone numbers and the like of the threatened",
    "arkivlagen 1990:782": "official documents may be disposed of, but never so that the right of "
    "access, justice, administration or research suffers (10 §)",
    "arkivlagen 3 §": "archives are kept for the right of access, for justice, administration and "
    "research",
    "arkivlagen 10 §": "what remains after a disposal must serve the right of access, justice, "
    "administration and research; a municipal authority disposes under a decision",
    "arkivlagen 6 §": "an authority organises its archive so that the right of access is made easy",
    "GDPR art. 17": "erasure; not where processing is needed for archiving in the public interest "
    "or by law (17.3 b, d): what an authority holds is disposed of under a decision",
    "GDPR art. 9": "special categories of personal data: health, belief, union membership, "
    "opinion, ethnicity, sex life, biometrics, genes",
    "GDPR art. 12.3": "a request of a data subject is answered within one month",
    "GDPR art. 12.4": "whoever is refused is told why, and how to complain and to appeal",
    "GDPR art. 13.1 a": "who the controller is, and how to reach it",
    "GDPR art. 13.1 b": "how to reach the data protection officer",
    "GDPR art. 13.1 c": "what the processing is for, and its legal basis",
    "GDPR art. 13.2 a": "how long the data are kept",
    "GDPR art. 13.2 b": "which rights the data subject has",
    "GDPR art. 13.2 d": "that one may complain to the supervisory authority",
    "förvaltningslagen 6 §": "an authority helps people to look after their interests",
    "förvaltningslagen 7 §": "an authority can be reached, and says how and when",
    "GDPR art. 14.5 b": "no information to each where it would take a disproportionate effort, or "
    "(14.5 c) the collection is laid down by law",
    "GDPR art. 15": "access: what is processed about oneself, why, and for how long",
    "GDPR art. 15.3": "a copy of the data; it must not adversely affect others (15.4)",
    "GDPR art. 16": "rectification, also by a supplementary statement",
    "GDPR art. 18.3": "whoever had processing restricted is told before that is lifted",
    "GDPR art. 21.1": "an objection stops processing unless compelling grounds weigh heavier",
    "GDPR art. 30": "a record of processing activities",
    "GDPR art. 30.1": "what the controller's record of processing says",
    "GDPR art. 33.1": "a breach is notified within 72 hours of becoming known, later with reasons",
    "GDPR art. 33.4": "what is not known yet follows in phases",
    "GDPR art. 33.5": "every breach is documented, its effects and what was done",
    "GDPR art. 34": "where the risk is high, the data subjects are told",
    "GDPR art. 34.3": "… unless the data cannot be read, the risk is over, or it would take a "
    "disproportionate effort: then publicly",
    "GDPR art. 35": "an impact assessment where the risk is likely to be high",
    "GDPR art. 5.1 b": "purpose limitation: archiving in the public interest is compatible",
    "dataskyddslagen 2:1": "processing that a law demands is lawful under art. 6.1 c",
    "dataskyddslagen 2:2": "processing for a task in the public interest under law is lawful",
    "dataskyddslagen 3:6": "special categories may be processed for archiving",
    "dataskyddslagen 3:8": "authorities may process data about offences",
    "dataskyddslagen 3:10": "personal numbers only with consent, or where clearly justified",
    "dataskyddslagen 4:1": "what is only archived is not used for measures about a person",
    "dataskyddslagen 5:1": "no information or access to what is secret",
    "arkivlagen": "the Archives Act (1990:782)",
    "BBS-lagen": "lag (1998:112): whoever runs a bulletin board supervises and moderates it",
    "GDPR art. 18": "a data subject may have processing restricted; what is restricted is kept",
    "GDPR art. 32": "security of processing, by measures that fit the risk",
    "GDPR art. 5.1 e": "storage limitation: identifiable no longer than the purpose needs, but "
    "for archiving in the public interest",
    "GDPR art. 5.2": "accountability: the controller can show that the principles are followed",
    "GDPR art. 5.1 c": "data minimisation: no more than is needed for the purpose",
    "dataskyddslag 3:3": "no search to get a selection of persons by sensitive data: free text is "
    "noted with a reminder, never blocked; nothing filters, counts or saves by person",
    "dataskyddslagen": "lag (2018:218) with provisions supplementary to the GDPR",
    "dataskyddslagen 7:2": "a data subject's request that is refused: appeal to förvaltningsrätten",
    "BBS-lagen 3 §": "users are told who provides the service, and how far others see what they "
    "send",
    "BBS-lagen 4 §": "whoever provides the service supervises it",
    "GDPR art. 5": "the principles of processing",
    "GDPR art. 5.1 f": "integrity and confidentiality",
    "GDPR art. 6.1 c": "processing that a legal obligation needs is lawful",
    "GDPR art. 10": "data on offences",
    "GDPR art. 12": "information to data subjects is clear and easy to find",
    "GDPR art. 13": "what data subjects are told when data are collected from them",
    "GDPR art. 24": "the controller answers for measures that fit the risk",
    "GDPR art. 26": "joint controllers arrange who answers for what",
    "OSL 4:1": "documents are kept so that what is public can be told from what is secret",
    "RF 1:9": "courts and authorities are objective and impartial, and treat all as equal",
    "RF 2:1": "freedom of expression and of information towards the public institutions",
    "KL 6:6": "each nämnd sees to it that its activity follows the goals that were decided, under "
    "sufficient internal control",
    "KL 6:37": "a nämnd may delegate decisions",
    "KL 6:38": "the activity's goals, direction, extent and quality are not delegated, nor is what "
    "can be appealed to an automated function",
    "KL 6:40": "the nämnd decides how delegated decisions are reported to it",
    "KL 7:5": "a nämnd may let an employee decide",
    "KL 8:12": "that minutes are approved is announced on the notice board within two days",
    "KL 13:2": "which decisions can be appealed by a member of the municipality",
    "KL 13:5": "an appeal is in time for three weeks from the announcement, while it stays up",
    "KL 13:14": "a decision may be executed before it is final, unless special reasons forbid it",
    "GDPR art. 33": "a personal data breach is notified within 72 hours of becoming known, and "
    "always documented",
    "BBS-lagen 5 §": "certain criminal content that others send is to be removed, or its spread "
    "prevented",
    "OSF 2": "kinds of secret documents, such as files of social services, that need no register",
    "TF 1:14": "child-abuse images stand outside the freedom of the press, and outside the right "
    "of access",
    "förvaltningslagen": "lag (2017:900): how authorities handle matters, decide, and are appealed",
    "förvaltningslagen 9 §": "a matter is handled as simply, quickly and cheaply as legal "
    "certainty allows",
    "dataskyddslagen 3:3": "sensitive data may be processed for official documents; searches aimed "
    "at selecting persons by them are forbidden",
}
_CLAUSE = re.compile(
    r"\b(?:TF|RF|YGL|KL) \d+:\d+(?: [a-z]\b)?"
    r"|\bOSL (?:2009:400|\d+(?: ?[a-z])?:\d+)|\bOSF \d+(?::\d+)?"
    r"|\bGDPR art\. ?\d+(?:\.\d+)*(?: [a-z]\b)?"
    r"|\b(?:[Aa]rkivlag|[Ff]örvaltningslag|[Dd]ataskyddslag|BBS-lag)\w*(?: \d+(?: §|:\d+))?"
)
_ARCHIVES_ACT = re.compile(r"^[Aa]rkivlag(?:en)? ")  # cited by both names
_CITING = {".py", ".toml", ".html", ".po", ".js"}


def contract() -> Mapping[str, Any]:
    """The layers contract of pyproject.toml."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts: list[Mapping[str, Any]] = data["tool"]["importlinter"]["contracts"]
    return next(one for one in contracts if one["type"] == "layers")


def cited() -> Mapping[str, list[str]]:
    """Clause → files that cite it, sorted."""
    found: dict[str, set[str]] = {}
    packages = ("archiver", "retention", "gdpr", "exports")
    for path in sorted(one for name in packages for one in (ROOT / name).rglob("*")):
        if path.suffix in _CITING:
            name = path.relative_to(ROOT).as_posix()
            for clause in _CLAUSE.findall(path.read_text("utf-8")):
                found.setdefault(_ARCHIVES_ACT.sub("arkivlagen ", clause), set()).add(name)
    return {clause: sorted(found[clause]) for clause in sorted(found)}


def error_types(base: type[errors.DiarkivError] = errors.DiarkivError) -> Iterator[Any]:
    """The error tree of `archiver.errors`, depth first in the order of the file."""
    for one in base.__subclasses__():
        if one.__module__ == errors.__name__:
            yield one
            yield from error_types(one)


def layers() -> str:
    """The contract's layers as they stand there."""
    return "```\n" + "\n".join(contract()["layers"]) + "\n```\n"


def settings() -> str:
    """Every setting with its variable, default and meaning."""
    rows = ["| setting | environment | default | meaning |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = field.default
        if isinstance(default, str | SecretStr):
            default = f'"{default}"'
        rows.append(f"| `{name}` | `{PREFIX}{name.upper()}` | `{default}` | {field.description} |")
    return "\n".join(rows) + "\n"


def error_codes() -> str:
    """Every error code with its exit code and meaning."""
    rows = ["| error | exit code | meaning |", "|---|---|---|"]
    for one in error_types():
        meaning = " ".join((one.__doc__ or "").split("\n\n")[0].split())
        rows.append(f"| `{one.code}` | {one.exit_code} | {meaning} |")
    return "\n".join(rows) + "\n"


def api() -> str:
    """Every address of the interface, with the scope it needs."""
    app = create_api(cast(Any, None), ApiSettings(host="127.0.0.1", port=0))
    rows = ["| address | scope | what |", "|---|---|---|"]
    for rule in app.url_map.iter_rules():
        if need := NEEDS.get(rule.endpoint):
            verb = "POST" if "POST" in (rule.methods or ()) else "GET"
            path = re.sub(r"<int:(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1"))
            what = " ".join((app.view_functions[rule.endpoint].__doc__ or "").split())
            rows.append(f"| `{verb} {path}` | `{need.value.replace('_', '-')}` | {what} |")
    return "\n".join(rows) + "\n"


def legal() -> str:
    """Clause, what it says, and the files that cite it."""
    rows = ["| clause | what it says | cited in |", "|---|---|---|"]
    for clause, files in cited().items():
        links = ", ".join(f"[`{f.removeprefix('archiver/')}`](../{f})" for f in files)
        rows.append(f"| {clause} | {CLAUSES.get(clause, '**not explained**')} | {links} |")
    return "\n".join(rows) + "\n"


PARTS: Mapping[str, Callable[[], str]] = {
    "api": api,
    "errors": error_codes,
    "layers": layers,
    "legal": legal,
    "settings": settings,
}


def renewed(text: str) -> str:
    """The page with every generated part as it should be."""
    return _PART.sub(lambda found: found[1] + PARTS[found[2]]() + found[4], text)


def pages() -> Iterator[Path]:
    """Every page of the documentation."""
    for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md"):
        yield ROOT / name
    yield from sorted(DOCS.rglob("*.md"))


def main() -> None:
    """Write the generated parts anew where they differ."""
    for path in pages():
        text = path.read_text("utf-8")
        if (again := renewed(text)) != text:
            path.write_text(again, "utf-8")
            print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
