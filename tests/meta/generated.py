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
    "TF 2:4": "a document is official if an authority holds it and it is received or drawn up",
    "TF 2:8": "post addressed to an official in person is official if it is about the authority's "
    "business, and not sent to them in another capacity",
    "TF 2:9": "received: when it has arrived; for recordings, when someone else has made them "
    "technically available to the authority",
    "TF 2:10": "drawn up: when it has been dispatched, here by being published; a draft is not",
    "TF 2:18": "whoever asks for a document need not say who they are or why",
    "OSL 2009:400": "secrecy holds for what the act says, unless released after an assessment",
    "OSL 4:2": "an authority describes what it holds, what one can search by, and who answers",
    "OSL 5:1": "what came in or was drawn up is registered without delay; what is not secret may "
    "instead be kept so that it is easily seen whether it came in; what is obviously of little "
    "importance needs neither",
    "OSL 5:2": "a register shows the day, the number, from or to whom, and in short what it is "
    "about; the last two are left out or kept apart where needed for the rest to be shown",
    "OSL 5:5": "a secrecy marking names the provision, the day and the authority that made it",
    "arkivlagen 1990:782": "official documents may be disposed of, but never so that the right of "
    "access, justice, administration or research suffers (10 §)",
    "arkivlagen 6 §": "an authority organises its archive so that the right of access is made easy",
    "GDPR art. 12.3": "a request of a data subject is answered within one month",
    "GDPR art. 5.1 c": "data minimisation: no more than is needed for the purpose",
    "dataskyddslag 3:3": "no search to get a selection of persons by sensitive data: free text is "
    "noted with a reminder, never blocked; nothing filters, counts or saves by person",
    "dataskyddslagen": "lag (2018:218) with provisions supplementary to the GDPR",
    "GDPR art. 33": "a personal data breach is notified within 72 hours of becoming known, and "
    "always documented",
    "BBS-lagen 5 §": "certain criminal content that others send is to be removed, or its spread "
    "prevented",
    "OSF 2": "kinds of secret documents, such as files of social services, that need no register",
    "TF 1:14": "child-abuse images stand outside the freedom of the press, and outside the right "
    "of access",
    "dataskyddslagen 3:3": "sensitive data may be processed for official documents; searches aimed "
    "at selecting persons by them are forbidden",
}
_CLAUSE = re.compile(
    r"\b(?:TF|RF|YGL) \d+:\d+(?: [a-z]\b)?"
    r"|\bOSL (?:2009:400|\d+(?: ?[a-z])?:\d+)|\bOSF \d+(?::\d+)?"
    r"|\bGDPR art\. ?\d+(?:\.\d+)*(?: [a-z]\b)?"
    r"|\b(?:[Aa]rkivlag|[Ff]örvaltningslag|[Dd]ataskyddslag|BBS-lag)\w*(?: \d+(?: §|:\d+))?"
)
_CITING = {".py", ".toml", ".html", ".po", ".js"}


def contract() -> Mapping[str, Any]:
    """The layers contract of pyproject.toml."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts: list[Mapping[str, Any]] = data["tool"]["importlinter"]["contracts"]
    return next(one for one in contracts if one["type"] == "layers")


def cited() -> Mapping[str, list[str]]:
    """Clause → files that cite it, sorted."""
    found: dict[str, set[str]] = {}
    for path in sorted((ROOT / "archiver").rglob("*")):
        if path.suffix in _CITING:
            name = path.relative_to(ROOT).as_posix()
            for clause in _CLAUSE.findall(path.read_text("utf-8")):
                found.setdefault(clause, set()).add(name)
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
