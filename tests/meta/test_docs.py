"""The documentation says what is so: generated parts, links, commands, identifiers, event types."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import click
import pytest

from archiver.__main__ import program
from archiver.config import Settings
from archiver.core.event import EventType
from archiver.ledger import verify
from tests.meta import generated
from tests.meta.generated import DOCS, ROOT

PAGES = list(generated.pages())
NAMES = [path.relative_to(ROOT).as_posix() for path in PAGES]
every_page = pytest.mark.parametrize("path", PAGES, ids=NAMES)
_FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_SHELL = re.compile(r"^(?: {4,}|)(?:[\w/.]*/)?(diarkiv|make) (.+)$", re.MULTILINE)
_INLINE = re.compile(r"`(?:\.venv/bin/)?(diarkiv|make) ([^`\n]+)`")


def prose(path: Path) -> str:
    """A page without its fenced blocks."""
    return _FENCE.sub("", path.read_text("utf-8"))


# --- generated parts -------------------------------------------------------------------------


@every_page
def test_generated_parts_are_up_to_date(path: Path) -> None:
    text = path.read_text("utf-8")
    assert generated.renewed(text) == text, "run: python -m tests.meta.generated"


def test_every_part_stands_somewhere() -> None:
    text = "".join(path.read_text("utf-8") for path in PAGES)
    for name in generated.PARTS:
        assert text.count(f"<!-- generated:{name} -->") == 1


def test_every_setting_is_in_the_operators_guide() -> None:
    text = (DOCS / "operator.md").read_text("utf-8")
    for name, field in Settings.model_fields.items():
        assert f"| `{name}` | `DIARKIV_{name.upper()}` |" in text
        assert field.description, f"{name} has no description"


def test_every_cited_clause_is_explained() -> None:
    assert generated.cited().keys() <= generated.CLAUSES.keys()
    assert generated.CLAUSES.keys() <= generated.cited().keys(), "explained, but cited nowhere"


# --- links -----------------------------------------------------------------------------------


def anchor(heading: str) -> str:
    """The anchor that Git forges give a heading."""
    plain = re.sub(r"[^\w\s-]", "", heading.replace("`", "").lower(), flags=re.UNICODE)
    return re.sub(r"\s", "-", plain.strip())


@every_page
def test_links_lead_somewhere(path: Path) -> None:
    for target in _LINK.findall(prose(path)):
        if target.startswith(("https://", "mailto:")):
            continue
        name, _, fragment = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.is_relative_to(ROOT), target
        assert file.exists(), f"{path.name} links to {target}"
        if fragment:
            headings = _HEADING.findall(prose(file))
            assert fragment in map(anchor, headings), f"{path.name} links to {target}"


def test_every_page_is_reachable_from_the_readme() -> None:
    seen, waiting = set[Path](), [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in seen or path.suffix != ".md":
            continue
        seen.add(path)
        for target in _LINK.findall(prose(path)):
            name = target.partition("#")[0]
            if name and "://" not in name:
                waiting.append((path.parent / name).resolve())
    assert set(PAGES) <= seen


# --- commands --------------------------------------------------------------------------------


def commands(path: Path) -> Iterator[tuple[str, list[str]]]:
    """("diarkiv" or "make", words) of every command a page shows."""
    text = path.read_text("utf-8")
    for name, rest in (*_SHELL.findall(text), *_INLINE.findall(text)):
        words = shlex.split(rest.rstrip("\\|").partition(" #")[0].partition(" |")[0], comments=True)
        yield name, [word for word in words if word != "…"]


def resolve(words: list[str]) -> None:
    """`AssertionError` unless the words name a command and its options."""
    command: click.Command = program()
    taken = False
    for word in words:
        options = {o: p for p in command.params for o in (*p.opts, *p.secondary_opts)}
        options |= dict.fromkeys(("-h", "--help"))  # type: ignore[arg-type]
        if taken:
            taken = False
        elif word.startswith("-"):
            assert word in options, f"{command.name} has no option {word}"
            option = options[word]
            taken = isinstance(option, click.Option) and not option.is_flag
        elif isinstance(command, click.Group):
            assert word in command.commands, f"{command.name} has no command {word}"
            command = command.commands[word]


def test_options_of_the_verifier_exist(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        verify.main(["--help"])
    known = capsys.readouterr().out
    shown = re.findall(r"verify\.pyz (.+)$", "".join(p.read_text("utf-8") for p in PAGES), re.M)
    options = {word for line in shown for word in line.split() if word.startswith("--")}
    assert {"--key", "--since"} <= options
    for option in options:
        assert option in known


@every_page
def test_commands_exist(path: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for name, words in commands(path):
        if name == "make":
            assert words[0] in targets, f"make {words[0]}"
        else:
            resolve(words)


def test_the_readme_shows_the_two_commands_and_the_first_steps() -> None:
    shown = [(name, *words) for name, words in commands(ROOT / "README.md")]
    assert ("make", "run") in shown
    assert ("make", "test") in shown
    steps = [" ".join(words) for name, *words in shown if name == "diarkiv"]
    order = ("init", "authority add", "channel add", "harvest", "records", "search", "verify")
    places = [next(i for i, s in enumerate(steps) if step in s) for step in (*order, "prove")]
    assert places == sorted(places)


def test_every_command_has_an_example_in_its_help() -> None:
    def leaves(command: click.Command) -> Iterator[click.Command]:
        if isinstance(command, click.Group):
            for one in command.commands.values():
                yield from leaves(one)
        else:
            yield command

    for command in leaves(program()):
        assert command.help, command.name
        assert "diarkiv" in command.help, f"{command.name} shows no example"


def test_the_readme_has_a_slot_for_the_benchmark() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert text.index("<!-- bench:start -->") < text.index("<!-- bench:end -->")


# --- identifiers and event types -------------------------------------------------------------


def identifier(dotted: str) -> object:
    """The module, class or attribute of a dotted name."""
    parts = dotted.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            found: object = import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:]:
            found = getattr(found, part)
        return found
    raise AssertionError(dotted)


def test_identifiers_of_the_glossary_exist() -> None:
    names = re.findall(r"`(archiver\.[\w.]+)`", (DOCS / "glossary.md").read_text("utf-8"))
    assert len(names) > 20
    for name in names:
        identifier(name)


@every_page
def test_files_that_are_named_exist(path: Path) -> None:
    packages = "core|harvest|ledger|store|db|connectors|web|cli|channels|search|jobs|demo"
    for name in re.findall(rf"`(?:archiver/)?((?:{packages})/\w+\.py)`", prose(path)):
        assert (ROOT / "archiver" / name).exists(), name
    for name in re.findall(r"`(tests/[\w/]+\.\w+)`", prose(path)):
        assert (ROOT / name).exists(), name


def test_documents_that_docstrings_name_exist() -> None:
    for path in (ROOT / "archiver").rglob("*.py"):
        for name in re.findall(r"docs/[\w/-]+\.md", path.read_text("utf-8")):
            if name != "docs/settings.md":  # stands in the operator's guide
                assert (ROOT / name).exists(), f"{path.name} names {name}"


def test_every_event_type_is_documented() -> None:
    text = (DOCS / "data-format.md").read_text("utf-8")
    section = text.partition("## Event types")[2].partition("\n## ")[0]
    documented = re.findall(r"^### `(\w+)`", section, re.MULTILINE)
    assert sorted(documented) == sorted(member.value for member in EventType)


def test_the_vectors_that_are_named_exist() -> None:
    vectors = json.loads((ROOT / "tests/golden/core_vectors.json").read_text("utf-8"))
    text = (DOCS / "data-format.md").read_text("utf-8")
    named = re.findall(r"Vectors: ((?:`\w+`(?:, )?)+)", text)
    names = {name for group in named for name in re.findall(r"\w+", group)}
    assert len(names) > 5
    assert names <= vectors.keys()


def test_every_package_is_in_the_architecture() -> None:
    text = (DOCS / "architecture.md").read_text("utf-8")
    for name in (p.parent.name for p in (ROOT / "archiver").glob("*/__init__.py")):
        assert f"`archiver.{name}`" in text, name


def test_every_decision_is_in_the_index() -> None:
    index = (DOCS / "adr" / "README.md").read_text("utf-8")
    pages = sorted(path.name for path in (DOCS / "adr").glob("0*.md"))
    assert re.findall(r"\((\d{4}-[\w-]+\.md)\)", index) == pages
    for number, name in enumerate(pages, 1):
        text = (DOCS / "adr" / name).read_text("utf-8")
        assert name.startswith(f"{number:04d}-")
        assert text.startswith(f"# {number}. ")
        assert "## Rejected\n\n- " in text, f"{name} says nothing of what was rejected"
