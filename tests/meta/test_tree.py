"""The tree is easy to find one's way in: every module is tested, well named, and short."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.meta.generated import ROOT

MOST_LINES = 400
# Longer than a reader likes, with the reason why it is not cut (yet).
LONG = {
    "archiver/ledger/service.py": "the ledger's writer, recovery and readers share one state",
    "archiver/harvest/service.py": "one run from beginning to end; its parts share the run's state",
    "archiver/ledger/verify.py": "the auditor's program, to be read from top to bottom in one file",
}
VAGUE = {"base", "common", "helper", "helpers", "manager", "misc", "shared", "util", "utils"}

# Modules that no test imports by name, and the suite that covers them; a folder ends in a slash.
COVERED = {
    "archiver/db/governance_tables.py": "tests/integration/test_governance.py",
    "archiver/governance/cli_acts.py": "tests/integration/test_governance_cli.py",
    "archiver/governance/cli_asked.py": "tests/integration/test_governance_cli.py",
    "archiver/governance/cli_checklist.py": "tests/integration/test_governance_cli.py",
    "archiver/governance/events.py": "tests/integration/test_governance.py",
    "archiver/governing.py": "tests/integration/test_governance_cli.py",
    "gdpr/leak/": "tests/unit/gdpr/leak/test_failures.py",
    "archiver/db/matter.py": "tests/integration/test_requests.py",
    "archiver/ledger/matters.py": "tests/integration/test_subjects.py",
    "archiver/db/gdpr_tables.py": "tests/integration/test_subjects.py",
    "exports/requests/subject_mandates.py": "tests/integration/test_gdpr_cli.py",
    "gdpr/desk_cli.py": "tests/integration/test_gdpr_cli.py",
    "gdpr/incidents/cli.py": "tests/integration/test_gdpr_cli.py",
    "gdpr/incidents/document.py": "tests/integration/test_gdpr_cli.py",
    "gdpr/incidents/projector.py": "tests/integration/test_subjects.py",
    "gdpr/processing/cli.py": "tests/integration/test_gdpr_cli.py",
    "gdpr/processing/projector.py": "tests/integration/test_gdpr_cli.py",
    "gdpr/incidents/web.py": "tests/unit/gdpr/test_protection_web.py",
    "gdpr/processing/web.py": "tests/unit/gdpr/test_protection_web.py",
    "gdpr/subjects/web.py": "tests/unit/gdpr/test_protection_web.py",
    "gdpr/subjects/cli_given.py": "tests/integration/test_gdpr_cli.py",
    "gdpr/subjects/cli.py": "tests/integration/test_gdpr_cli.py",
    "gdpr/subjects/document.py": "tests/integration/test_gdpr_cli.py",
    "gdpr/subjects/projector.py": "tests/integration/test_subjects.py",
    "gdpr/subjects/queries.py": "tests/integration/test_subjects.py",
    "gdpr/subjects/steps.py": "tests/integration/test_subjects.py",
    "gdpr/__main__.py": "tests/unit/gdpr/test_cli.py",
    "archiver/db/shadow.py": "tests/integration/test_disposal_altered.py",
    "retention/disposal/agreement.py": "tests/integration/test_disposal_altered.py",
    "archiver/db/restricted.py": "tests/integration/test_publisher.py",
    "archiver/db/request_tables.py": "tests/integration/test_requests.py",
    "archiver/db/mask_tables.py": "tests/integration/test_masks.py",
    "gdpr/masks/checking.py": "tests/integration/test_masks.py",
    "gdpr/masks/web.py": "tests/unit/gdpr/test_masks_web.py",
    "gdpr/masks/web_decide.py": "tests/unit/gdpr/test_masks_web.py",
    "gdpr/masks/entries.py": "tests/integration/test_masks.py",
    "gdpr/masks/fitting.py": "tests/integration/test_masks.py",
    "gdpr/masks/proposals.py": "tests/integration/test_masks.py",
    "gdpr/masks/queries.py": "tests/integration/test_masks.py",
    "gdpr/masks/sealed.py": "tests/property/test_masks.py",
    "gdpr/masks/cli.py": "tests/integration/test_masks_cli.py",
    "gdpr/masks/cli_grounds.py": "tests/integration/test_masks_cli.py",
    "gdpr/core/written.py": "tests/unit/gdpr/leak/test_disguises.py",
    "exports/core/received.py": "tests/integration/test_requests.py",
    "exports/core/court.py": "tests/unit/exports/test_ruling.py",
    "exports/core/fee_proposal.py": "tests/integration/test_exports_cli.py",
    "exports/papers/notice.py": "tests/unit/exports/test_ruling.py",
    "exports/release/resting.py": "tests/integration/test_releases.py",
    "exports/release/settling.py": "tests/integration/test_releases.py",
    "exports/requests/answers.py": "tests/integration/test_answers.py",
    "exports/requests/court_package.py": "tests/integration/test_answers.py",
    "exports/requests/disclosure.py": "tests/integration/test_answers.py",
    "exports/requests/fees.py": "tests/integration/test_answers.py",
    "exports/requests/given_out.py": "tests/integration/test_answers.py",
    "exports/requests/cli_answers.py": "tests/integration/test_exports_cli.py",
    "exports/requests/cli_mandates.py": "tests/integration/test_exports_cli.py",
    "exports/requests/cli_fees.py": "tests/integration/test_exports_cli.py",
    "exports/requests/queries.py": "tests/integration/test_requests.py",
    "exports/requests/web.py": "tests/unit/exports/test_request_web.py",
    "exports/requests/web_rules.py": "tests/unit/exports/test_rules_web.py",
    "exports/requests/web_collect.py": "tests/unit/exports/test_request_web.py",
    "exports/requests/words.py": "tests/unit/exports/test_request_web.py",
    "exports/demo.py": "tests/unit/exports/test_request_web.py",
    "archiver/db/release_tables.py": "tests/integration/test_releases.py",
    "exports/release/cli.py": "tests/integration/test_release_cli.py",
    "exports/release/cli_make.py": "tests/integration/test_release_cli.py",
    "exports/release/document.py": "tests/integration/test_releases.py",
    "exports/release/files.py": "tests/integration/test_releases.py",
    "exports/release/gate.py": "tests/integration/test_releases.py",
    "exports/release/given.py": "tests/integration/test_releases.py",
    "exports/release/queries.py": "tests/integration/test_releases.py",
    "exports/release/reviewed.py": "tests/integration/test_release_cli.py",
    "exports/release/values.py": "tests/unit/exports/test_given.py",
    "exports/release/web.py": "tests/unit/exports/test_request_web.py",
    "exports/release/web_make.py": "tests/unit/exports/test_request_web.py",
    "exports/release/words.py": "tests/unit/exports/test_request_web.py",
    "exports/release/work.py": "tests/unit/exports/test_request_web.py",
    "exports/requests/web_answer.py": "tests/unit/exports/test_request_web.py",
    "exports/web.py": "tests/unit/exports/test_request_web.py",
    "archiver/db/collected.py": "tests/unit/exports/test_request_web.py",
    "exports/requests/steps.py": "tests/integration/test_requests.py",
    "retention/demo.py": "tests/integration/test_cli.py",
    "retention/disposal/web_certificate.py": "tests/integration/test_disposal_web.py",
    "retention/disposal/web.py": "tests/integration/test_disposal_web.py",
    "retention/disposal/words.py": "tests/integration/test_disposal_web.py",
    "retention/disposal/cli.py": "tests/integration/test_disposal_cli.py",
    "retention/disposal/asked.py": "tests/integration/test_disposal_cli.py",
    "retention/disposal/matters.py": "tests/integration/test_disposal_cli.py",
    "retention/disposal/round.py": "tests/integration/test_disposal_cli.py",
    "archiver/app.py": "tests/integration/test_cli.py",
    "retention/disposal/cli_recover.py": "tests/integration/test_recover_cli.py",
    "archiver/services.py": "tests/integration/test_cli.py",
    "retention/cli_audit.py": "tests/integration/test_retention_cli.py",
    "archiver/retaining.py": "tests/servers/test_disposal_whole.py",
    "archiver/disclosing.py": "tests/integration/test_exports_cli.py",
    "archiver/db/disposal_tables.py": "tests/integration/test_disposal.py",
    "archiver/db/among.py": "tests/contract/test_database.py",
    "retention/disposal/gather.py": "tests/integration/test_disposal.py",
    "retention/disposal/queries.py": "tests/integration/test_disposal.py",
    "retention/disposal/projector.py": "tests/integration/test_disposal.py",
    "retention/disposal/removal.py": "tests/integration/test_disposal.py",
    "retention/disposal/stored.py": "tests/servers/test_disposal_whole.py",
    "retention/disposal/suppression.py": "tests/integration/test_disposal.py",
    "archiver/harvesting.py": "tests/integration/test_cli.py",
    "archiver/db/register_tables.py": "tests/integration/test_register.py",
    "archiver/db/retention_tables.py": "tests/integration/test_retention_plan.py",
    "archiver/db/drafts.py": "tests/integration/test_desk.py",
    "archiver/registry/handover_queries.py": "tests/unit/registry/test_web_handover.py",
    "archiver/registry/inbox_form.py": "tests/unit/registry/test_web.py",
    "archiver/registry/seclusion.py": "tests/integration/test_desk.py",
    "archiver/registry/posts.py": "tests/unit/registry/test_web.py",
    "archiver/registry/web_inbox.py": "tests/unit/registry/test_web.py",
    "archiver/registry/web_register.py": "tests/unit/registry/test_web.py",
    "archiver/registry/web_classes.py": "tests/unit/registry/test_settings.py",
    "archiver/registry/web_publication.py": "tests/unit/registry/test_settings.py",
    "archiver/registry/web_series.py": "tests/unit/registry/test_settings.py",
    "archiver/registry/publication_form.py": "tests/unit/registry/test_settings.py",
    "archiver/registry/words.py": "tests/unit/registry/test_web.py",
    "archiver/registry/core/draft.py": "tests/integration/test_desk.py",
    "archiver/cli/person.py": "tests/integration/test_retention_cli.py",
    "retention/cli.py": "tests/integration/test_retention_cli.py",
    "retention/cli_asked.py": "tests/integration/test_retention_cli.py",
    "retention/schedule/cli_decision.py": "tests/integration/test_retention_cli.py",
    "retention/schedule/cli.py": "tests/integration/test_retention_cli.py",
    "retention/schedule/queries.py": "tests/integration/test_retention_plan.py",
    "archiver/home.py": "tests/integration/test_cli.py",
    "archiver/api/": "tests/unit/api/test_app.py",
    "archiver/db/passkeys.py": "tests/unit/people/test_passkey.py",
    "archiver/db/ways_back.py": "tests/unit/people/test_stewardship.py",
    "archiver/db/api_tokens.py": "tests/unit/api/test_tokens.py",
    "archiver/registry/cli.py": "tests/integration/test_register_cli.py",
    "archiver/registry/cli_afterwards.py": "tests/integration/test_register_cli.py",
    "archiver/registry/cli_asked.py": "tests/integration/test_register_cli.py",
    "archiver/registry/cli_case.py": "tests/integration/test_register_cli.py",
    "archiver/registry/cli_entry.py": "tests/integration/test_register_cli.py",
    "archiver/registry/cli_package.py": "tests/integration/test_register_cli.py",
    "archiver/registry/web_package.py": "tests/unit/registry/test_package.py",
    "archiver/registry/shown.py": "tests/integration/test_register_cli.py",
    "archiver/registry/numbering.py": "tests/integration/test_register.py",
    "archiver/registry/cli_routes.py": "tests/integration/test_inbox_cli.py",
    "archiver/registry/web_bulk.py": "tests/unit/registry/test_bulk.py",
    "archiver/registry/webdiary_cli.py": "tests/integration/test_webdiary_program.py",
    "archiver/registry/batch.py": "tests/integration/test_register.py",
    "archiver/registry/assembly.py": "tests/integration/test_register.py",
    "archiver/registry/queries.py": "tests/integration/test_register.py",
    "archiver/channels/health.py": "tests/integration/test_alerts.py",
    "archiver/channels/token_cli.py": "tests/integration/test_alerts.py",
    "archiver/channels/watch.py": "tests/integration/test_alerts.py",
    "archiver/channels/cli.py": "tests/integration/test_cli_channels.py",
    "archiver/channels/cli_change.py": "tests/integration/test_cli_channels.py",
    "archiver/channels/cli_show.py": "tests/integration/test_cli_channels.py",
    "archiver/channels/home_desk.py": "tests/integration/test_cli_channels.py",
    "archiver/channels/queries.py": "tests/unit/channels/test_reading.py",
    "archiver/db/captures.py": "tests/integration/test_cli_capture.py",
    "archiver/db/gaps.py": "tests/unit/harvest/test_gap_register.py",
    "archiver/channels/web_change.py": "tests/unit/channels/test_web.py",
    "archiver/cli/": "tests/integration/test_cli.py",
    "archiver/connectors/bluesky_probe.py": "tests/unit/connectors/test_bluesky.py",
    "archiver/connectors/bluesky_read.py": "tests/unit/connectors/test_bluesky.py",
    "archiver/connectors/target.py": "tests/contract/test_connector.py",
    "archiver/core/plan.py": "tests/integration/test_harvest.py",
    "archiver/core/ed25519.py": "tests/property/test_checkpoint.py",
    "archiver/db/migrations/": "tests/unit/db/test_operations.py",
    "archiver/harvest/expected.py": "tests/integration/test_disappearance.py",
    "archiver/harvest/facts.py": "tests/integration/test_disappearance.py",
    "archiver/harvest/filing.py": "tests/integration/test_harvest.py",
    "archiver/harvest/unseen.py": "tests/integration/test_disappearance.py",
    "archiver/db/queries.py": "tests/integration/test_harvest.py",
    "archiver/demo/cli.py": "tests/integration/test_cli.py",
    "archiver/demo/feeds.py": "tests/unit/demo/test_server.py",
    "archiver/demo/query.py": "tests/unit/demo/test_server.py",
    "archiver/demo/rest.py": "tests/unit/demo/test_server.py",
    "archiver/demo/runner.py": "tests/integration/test_cli.py",
    "archiver/demo/town.py": "tests/integration/test_cli.py",
    "archiver/demo/view.py": "tests/unit/demo/test_server.py",
    "archiver/harvest/cli.py": "tests/integration/test_cli.py",
    "archiver/harvest/diff.py": "tests/integration/test_harvest.py",
    "archiver/harvest/hop.py": "tests/unit/harvest/test_http.py",
    "archiver/harvest/lease.py": "tests/integration/test_harvest_kill.py",
    "archiver/harvest/media.py": "tests/integration/test_harvest.py",
    "archiver/harvest/segment_feed.py": "tests/unit/harvest/test_segment.py",
    "archiver/ledger/belonging.py": "tests/integration/test_apart.py",
    "archiver/ledger/frames.py": "tests/integration/test_rewrap.py",
    "archiver/ledger/generation.py": "tests/integration/test_rewrap.py",
    "archiver/ledger/moment.py": "tests/integration/test_shipping.py",
    "archiver/ledger/renewal.py": "tests/integration/test_shipping.py",
    "archiver/ledger/replay.py": "tests/integration/test_rewrap.py",
    "archiver/ledger/lock.py": "tests/integration/test_kill.py",
    "archiver/people/": "tests/unit/people/test_people.py",
    "archiver/store/trial.py": "tests/servers/test_s3_server.py",
    "archiver/search/frames.py": "tests/unit/search/test_indexer.py",
    "archiver/search/schema.py": "tests/unit/search/test_indexer.py",
    "archiver/registry/capture_cli.py": "tests/integration/test_cli_capture.py",
    "archiver/registry/capture_health.py": "tests/integration/test_cli_capture.py",
    "archiver/registry/capture_version.py": "tests/unit/registry/test_capture.py",
    "archiver/web/": "tests/unit/web/test_pages.py",
    "retention/documents/cli.py": "tests/integration/test_retention_cli.py",
    "retention/documents/drafting.py": "tests/unit/retention/test_web_plan.py",
    "retention/holds/following.py": "tests/unit/retention/test_web_plan.py",
    "retention/due/holdings.py": "tests/unit/retention/test_web_plan.py",
    "retention/schedule/web_decision.py": "tests/unit/retention/test_web_plan.py",
    "retention/documents/web.py": "tests/unit/retention/test_web_plan.py",
    "retention/holds/web.py": "tests/unit/retention/test_web_plan.py",
    "retention/schedule/words.py": "tests/unit/retention/test_web_plan.py",
    "retention/due/web.py": "tests/unit/retention/test_web_plan.py",
    "retention/belonging.py": "tests/integration/test_holds.py",
    "retention/due/cli.py": "tests/integration/test_retention_due.py",
    "retention/notes/cli.py": "tests/integration/test_retention_due.py",
    "retention/holds/cli.py": "tests/integration/test_retention_due.py",
    "retention/core/facts.py": "tests/unit/retention/test_evaluate.py",
    "retention/due/counts.py": "tests/integration/test_retention_due.py",
    "retention/holds/reading.py": "tests/property/test_due_set.py",
    "retention/links.py": "tests/property/test_due_set.py",
    "retention/due/look.py": "tests/property/test_due_set.py",
    "retention/due/simulation.py": "tests/integration/test_retention_due.py",
    "retention/triggers/": "tests/property/test_due_set.py",
    "gdpr/recognizers/": "tests/contract/test_recognizer.py",
    "gdpr/redaction/": "tests/unit/gdpr/redaction/test_pages.py",
    "gdpr/masks/ground_form.py": "tests/unit/gdpr/test_masks_web.py",
}


def modules() -> Iterator[Path]:
    for package in ("archiver", "retention", "gdpr", "exports"):
        yield from sorted((ROOT / package).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


ALL = [path for path in modules() if path.name != "__init__.py"]
every_module = pytest.mark.parametrize("path", ALL, ids=map(name_of, ALL))


_IMPORT = re.compile(
    r"^\s*(?:from ((?:archiver|retention|gdpr|exports)[\w.]*) import (\([^)]*\)|[^\n#]+)"
    r"|import ((?:archiver|retention|gdpr|exports)[\w.]*))",
    re.MULTILINE,
)


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """Every module of ours that a test imports; `tests/meta` does not count."""
    found = set[str]()
    for path in (ROOT / "tests").rglob("*.py"):
        if "meta" not in path.parts:
            for module, names, plain in _IMPORT.findall(path.read_text("utf-8")):
                found.add(module or plain)
                found |= {f"{module}.{one}" for one in re.findall(r"\w+", names)}
    return found


def listed(name: str, places: Iterable[str]) -> str:
    """The place among `places` that is the module, or a folder it lies in; "" if none is."""
    return next((p for p in places if name == p or (p[-1] == "/" and name.startswith(p))), "")


@every_module
def test_every_module_is_tested(path: Path, imported: set[str]) -> None:
    name = name_of(path)
    mirrored = any((ROOT / "tests").rglob(f"test_{path.stem}.py"))
    if name.removesuffix(".py").replace("/", ".") in imported or mirrored:
        return
    if place := listed(name, COVERED):
        assert (ROOT / COVERED[place]).exists(), f"{COVERED[place]} is to cover {name}"
        return
    pytest.fail(f"{name}: write a test file, or name the suite that covers it")


@every_module
def test_names_say_what_is_inside(path: Path) -> None:
    assert path.stem.lower() not in VAGUE
    assert not VAGUE & {part.lower() for part in path.relative_to(ROOT).parts[:-1]}


@every_module
def test_modules_are_short(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    name = name_of(path)
    assert lines <= MOST_LINES or LONG.get(name), f"{name} has {lines} lines: what does it hide?"


@every_module
def test_modules_say_what_they_decide(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not text.strip() or text.startswith(('"""', 'r"""')), f"{name_of(path)} says nothing"


@pytest.mark.parametrize("name", sorted({*LONG, *COVERED}))
def test_exceptions_are_about_modules_there_are(name: str) -> None:
    assert (ROOT / name).exists(), f"{name} is listed as an exception, and is not there"


def test_every_connector_has_fixtures_and_a_test_file() -> None:
    for path in (ROOT / "archiver" / "connectors").glob("*.py"):
        if re.search(r"^connector\b", path.read_text("utf-8"), re.MULTILINE):
            assert (ROOT / "tests/contract/fixtures" / path.stem / "target").exists()
            assert list((ROOT / "tests/unit/connectors").glob(f"test_{path.stem}*.py"))


def test_the_top_level_holds_nothing_else() -> None:
    known = {"archiver", "retention", "gdpr", "exports", "tests", "docs", "Makefile", "LICENSE"}
    known |= {"NOTICE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "pyproject.toml", "uv.lock"}
    # What `make` and the tools write, all of it in .gitignore, apart from files with a dot.
    written = {"dist", "bench-results.json", "screenshots"}
    for path in ROOT.iterdir():
        assert path.name.startswith((".", "__")) or path.name in known | written, path.name
