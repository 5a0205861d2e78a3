"""Every route × every role × one's own authority and another's. Denied by default.

`EXPECTED` is written by hand; a route that is missing from it fails, and so does one that declares
something else. `where` says what a route is about: "any" (whatever the viewer's authorities have),
"home" (the whole home), or one "channel", "record", "run" or "entry", which of another authority
answers just as one that does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import pytest
from flask import Flask
from werkzeug.routing import Rule

from archiver.channels.web import EXTENSION, Office
from archiver.core.access import GRANTED, HOME, LOCAL, NOBODY, Permission, Role, viewer_of
from archiver.core.channel import Authority
from archiver.registry.core.entry import Dated, Direction, Registration
from archiver.registry.core.triage import Decision, Handover, Outcome
from archiver.web import needs
from archiver.web.needs import need_of
from retention.core.disposal import Proposal
from tests.unit.gdpr.protected import things
from tests.unit.web.served import Browser, Web, asked_of, initiative_of, planned, release_of

P = Permission


class Expected(NamedTuple):
    permission: Permission
    where: str


EXPECTED: Mapping[str, Expected] = {
    "about.about": Expected(P.OVERSEE, "any"),
    "about.vkey": Expected(P.OVERSEE, "any"),
    "audit.assess": Expected(P.AUDIT, "any"),
    "audit.report": Expected(P.AUDIT, "any"),
    "capture.capture": Expected(P.REGISTER, "any"),
    "capture.correct": Expected(P.REGISTER, "record"),
    "capture.form": Expected(P.REGISTER, "any"),
    "capture.keep": Expected(P.REGISTER, "any"),
    "capture.set_correct": Expected(P.REGISTER, "record"),
    "channel_add.address": Expected(P.SET_CHANNELS, "any"),
    "channel_add.check": Expected(P.SET_CHANNELS, "any"),
    "channel_add.check_state": Expected(P.SET_CHANNELS, "any"),
    "channel_add.owner": Expected(P.SET_CHANNELS, "any"),
    "channel_add.platform": Expected(P.SET_CHANNELS, "any"),
    "channel_add.set_address": Expected(P.SET_CHANNELS, "any"),
    "channel_add.set_check": Expected(P.SET_CHANNELS, "any"),
    "channel_add.set_owner": Expected(P.SET_CHANNELS, "any"),
    "channel_add.set_platform": Expected(P.SET_CHANNELS, "any"),
    "channel_change.acknowledge": Expected(P.ACKNOWLEDGE, "channel"),
    "channel_change.check": Expected(P.SET_CHANNELS, "channel"),
    "channel_change.checked": Expected(P.SET_CHANNELS, "channel"),
    "channel_change.crisis": Expected(P.SET_CHANNELS, "channel"),
    "channel_change.details": Expected(P.SET_CHANNELS, "channel"),
    "channel_change.ending": Expected(P.SET_CHANNELS, "channel"),
    "channel_change.harvest": Expected(P.SET_CHANNELS, "channel"),
    "channel_change.harvest_state": Expected(P.SET_CHANNELS, "channel"),
    "channel_change.harvesting": Expected(P.SET_CHANNELS, "channel"),
    "channel_change.login": Expected(P.SET_CHANNELS, "channel"),
    "channel_change.schedule": Expected(P.OVERSEE, "channel"),
    "channel_change.set_details": Expected(P.SET_CHANNELS, "channel"),
    "channel_change.set_login": Expected(P.SET_CHANNELS, "channel"),
    "channel_change.set_schedule": Expected(P.SET_CHANNELS, "channel"),
    "channel_change.state": Expected(P.SET_CHANNELS, "channel"),
    "channels.budget": Expected(P.OVERSEE, "channel"),
    "channels.changes": Expected(P.OVERSEE, "channel"),
    "channels.channel": Expected(P.OVERSEE, "channel"),
    "channels.coverage": Expected(P.OVERSEE, "channel"),
    "channels.day": Expected(P.OVERSEE, "channel"),
    "channels.gaps": Expected(P.OVERSEE, "channel"),
    "channels.overview": Expected(P.OVERSEE, "any"),
    "classes.preview": Expected(P.SET_REGISTER, "any"),
    "classes.schemes": Expected(P.READ, "any"),
    "classes.take_in": Expected(P.SET_REGISTER, "any"),
    "classes.upload": Expected(P.SET_REGISTER, "any"),
    "bulk.decide": Expected(P.REGISTER, "any"),
    "bulk.summary": Expected(P.REGISTER, "any"),
    "certificate.certificate": Expected(P.READ, "disposal"),
    "certificate.data": Expected(P.READ, "disposal"),
    "certificate.pdf": Expected(P.READ, "disposal"),
    "certificate.proof": Expected(P.READ, "disposal"),
    "disposal.board": Expected(P.READ, "any"),
    "disposal.confirm": Expected(P.DISPOSE, "disposal"),
    "disposal.disposal": Expected(P.READ, "disposal"),
    "disposal.draft": Expected(P.DISPOSE, "any"),
    "disposal.progress": Expected(P.READ, "disposal"),
    "disposal.propose": Expected(P.DISPOSE, "any"),
    "disposal.withdraw": Expected(P.DISPOSE, "disposal"),
    "duty.add": Expected(P.SET_USERS, "home"),
    "duty.remove": Expected(P.SET_USERS, "home"),
    "duty.roster": Expected(P.OVERSEE, "any"),
    "inbox.decide": Expected(P.REGISTER, "any"),
    "inbox.put_back": Expected(P.MARK_SECRECY, "any"),
    "inbox.set_apart": Expected(P.REGISTER, "any"),
    "inbox.elsewhere": Expected(P.REGISTER, "any"),
    "inbox.hand_over": Expected(P.REGISTER, "any"),
    "inbox.inbox": Expected(P.REGISTER, "any"),
    "inbox.register": Expected(P.REGISTER, "any"),
    "inbox.stop": Expected(P.STOP, "any"),
    "inbox.undo": Expected(P.REGISTER, "any"),
    "publication.decide": Expected(P.PUBLISH, "any"),
    "publication.publication": Expected(P.PUBLISH, "any"),
    "files.decide": Expected(P.DISCLOSE, "record"),
    "files.file": Expected(P.DISCLOSE, "record"),
    "files.image": Expected(P.DISCLOSE, "record"),
    "masks.activities": Expected(P.DISCLOSE, "any"),
    "masks.decide": Expected(P.DISCLOSE, "record"),
    "masks.picture": Expected(P.DISCLOSE, "record"),
    "masks.queue": Expected(P.DISCLOSE, "any"),
    "masks.record": Expected(P.DISCLOSE, "record"),
    "masks.set_activities": Expected(P.DISCLOSE, "any"),
    "masks.suggest": Expected(P.DISCLOSE, "record"),
    "masks.undo": Expected(P.DISCLOSE, "record"),
    "publication.switch_off": Expected(P.PUBLISH, "any"),
    "publication.withhold": Expected(P.PUBLISH, "any"),
    "register.cases": Expected(P.READ, "any"),
    "register.close_case": Expected(P.REGISTER, "case"),
    "register.correct": Expected(P.REGISTER, "entry"),
    "register.entries": Expected(P.READ, "any"),
    "register.entry": Expected(P.READ, "entry"),
    "handovers.answer": Expected(P.REGISTER, "handover"),
    "handovers.handover": Expected(P.READ, "handover"),
    "handovers.handovers": Expected(P.READ, "any"),
    "apart.kept_apart": Expected(P.READ_PROTECTED, "any"),
    "handovers.receipt": Expected(P.REGISTER, "handover"),
    "register.mark": Expected(P.MARK_SECRECY, "entry"),
    "register.open_case": Expected(P.REGISTER, "any"),
    "packages.entry_package": Expected(P.PROVE, "entry"),
    "packages.handover_package": Expected(P.PROVE, "handover"),
    "packages.receipt_file": Expected(P.REGISTER, "handover"),
    "register.reopen_case": Expected(P.REGISTER, "case"),
    "register.relate": Expected(P.REGISTER, "entry"),
    "register.unrelate": Expected(P.REGISTER, "entry"),
    "register.void": Expected(P.REGISTER, "entry"),
    "lifecycle.accounts": Expected(P.OVERSEE, "any"),
    "lifecycle.moderate": Expected(P.GOVERN, "any"),
    "lifecycle.moderation": Expected(P.OVERSEE, "any"),
    "lifecycle.checklist": Expected(P.OVERSEE, "initiative"),
    "lifecycle.do": Expected(P.GOVERN, "initiative"),
    "lifecycle.do_row": Expected(P.GOVERN, "initiative"),
    "lifecycle.initiative": Expected(P.OVERSEE, "initiative"),
    "lifecycle.initiatives": Expected(P.OVERSEE, "any"),
    "lifecycle.new": Expected(P.GOVERN, "any"),
    "lifecycle.open_": Expected(P.GOVERN, "any"),
    "lifecycle.row": Expected(P.OVERSEE, "initiative"),
    "lifecycle.underlag": Expected(P.OVERSEE, "initiative"),
    "retention.adopt_plan": Expected(P.SET_RETENTION, "any"),
    "retention.check_plan": Expected(P.SET_RETENTION, "any"),
    "retention.confirm_running": Expected(P.DISPOSE, "decision"),
    "retention.decision": Expected(P.READ, "decision"),
    "protection.adopt_notice": Expected(P.PROTECT_DATA, "any"),
    "protection.answer": Expected(P.PROTECT_DATA, "subject_request"),
    "protection.extract": Expected(P.PROTECT_DATA, "subject_request"),
    "protection.find_records": Expected(P.PROTECT_DATA, "subject_request"),
    "protection.incident": Expected(P.PROTECT_DATA, "incident"),
    "protection.incident_pdf": Expected(P.PROTECT_DATA, "incident"),
    "protection.incidents": Expected(P.PROTECT_DATA, "any"),
    "protection.make_extract": Expected(P.PROTECT_DATA, "subject_request"),
    "protection.new_incident": Expected(P.PROTECT_DATA, "any"),
    "protection.new_request": Expected(P.PROTECT_DATA, "any"),
    "protection.privacy_notice": Expected(P.PROTECT_DATA, "any"),
    "protection.processing": Expected(P.PROTECT_DATA, "any"),
    "protection.receive_request": Expected(P.PROTECT_DATA, "any"),
    "protection.record_incident": Expected(P.PROTECT_DATA, "any"),
    "protection.rectify": Expected(P.PROTECT_DATA, "subject_request"),
    "protection.request_desk": Expected(P.PROTECT_DATA, "subject_request"),
    "protection.requests": Expected(P.PROTECT_DATA, "any"),
    "protection.take_incident_step": Expected(P.PROTECT_DATA, "incident"),
    "protection.take_step": Expected(P.PROTECT_DATA, "subject_request"),
    "requests.collect": Expected(P.DISCLOSE, "any"),
    "requests.again": Expected(P.DISCLOSE, "release"),
    "requests.check": Expected(P.DISCLOSE, "release"),
    "requests.decide": Expected(P.DISCLOSE, "release"),
    "requests.deliver": Expected(P.DISCLOSE, "release"),
    "requests.disclosure_log": Expected(P.DISCLOSE, "request"),
    "requests.exact": Expected(P.DISCLOSE, "release"),
    "requests.file": Expected(P.DISCLOSE, "release"),
    "requests.adopt_fees": Expected(P.SET_USERS, "any"),
    "requests.end_mandate": Expected(P.SET_USERS, "any"),
    "requests.fees": Expected(P.READ, "any"),
    "requests.give_mandate": Expected(P.SET_USERS, "any"),
    "requests.mandates": Expected(P.READ, "any"),
    "requests.new_mandate": Expected(P.SET_USERS, "any"),
    "requests.make": Expected(P.DISCLOSE, "release"),
    "requests.package": Expected(P.DISCLOSE, "request"),
    "requests.paper": Expected(P.DISCLOSE, "request"),
    "requests.prepare": Expected(P.DISCLOSE, "request"),
    "requests.release": Expected(P.DISCLOSE, "release"),
    "requests.waive": Expected(P.DISCLOSE, "release"),
    "requests.work_state": Expected(P.DISCLOSE, "release"),
    "requests.discard": Expected(P.DISCLOSE, "request"),
    "requests.charge": Expected(P.DISCLOSE, "request"),
    "requests.keep": Expected(P.DISCLOSE, "request"),
    "requests.listing": Expected(P.READ, "any"),
    "requests.new": Expected(P.DISCLOSE, "any"),
    "requests.one": Expected(P.READ, "request"),
    "requests.receive": Expected(P.DISCLOSE, "any"),
    "requests.take": Expected(P.DISCLOSE, "request"),
    "retention.decisions": Expected(P.READ, "any"),
    "retention.description": Expected(P.READ, "any"),
    "retention.hold": Expected(P.READ, "hold"),
    "retention.holds": Expected(P.READ, "any"),
    "retention.lift_hold": Expected(P.HOLD, "hold"),
    "retention.make_description": Expected(P.READ, "any"),
    "retention.make_petition": Expected(P.READ, "any"),
    "retention.new_decision": Expected(P.SET_RETENTION, "any"),
    "retention.new_hold": Expected(P.HOLD, "any"),
    "retention.petition": Expected(P.READ, "any"),
    "retention.place_hold": Expected(P.HOLD, "any"),
    "retention.plan": Expected(P.READ, "any"),
    "retention.plan_file": Expected(P.READ, "any"),
    "retention.record_decision": Expected(P.SET_RETENTION, "any"),
    "retention.review_hold": Expected(P.HOLD, "hold"),
    "retention.review_plan": Expected(P.SET_RETENTION, "any"),
    "retention.revoke": Expected(P.SET_RETENTION, "decision"),
    "retention.simulate_plan": Expected(P.READ, "any"),
    "retention.simulator": Expected(P.READ, "any"),
    "routes.routes": Expected(P.READ, "any"),
    "routes.set_routes": Expected(P.SET_REGISTER, "any"),
    "records.compare": Expected(P.READ, "record"),
    "records.evidence": Expected(P.READ_EVIDENCE, "record"),
    "records.listing": Expected(P.READ, "any"),
    "records.media": Expected(P.READ, "record"),
    "records.raw": Expected(P.READ_EVIDENCE, "record"),
    "records.record": Expected(P.READ, "record"),
    "series.series": Expected(P.SET_REGISTER, "any"),
    "series.set_series": Expected(P.SET_REGISTER, "any"),
    "runs.progress": Expected(P.OVERSEE, "any"),
    "runs.run": Expected(P.OVERSEE, "run"),
    "search.search": Expected(P.READ, "any"),
    "then.thread": Expected(P.READ, "record"),
    "trail.log": Expected(P.AUDIT, "any"),
    "search.save": Expected(P.READ, "any"),
    "search.forget": Expected(P.READ, "any"),
    "users.add": Expected(P.SET_USERS, "home"),
    "users.end_sessions": Expected(P.SET_USERS, "home"),
    "users.form": Expected(P.SET_USERS, "home"),
    "users.give_link": Expected(P.SET_USERS, "home"),
    "users.listing": Expected(P.SET_USERS, "home"),
    "users.set_details": Expected(P.SET_USERS, "home"),
    "users.set_roles": Expected(P.SET_USERS, "home"),
    "users.set_state": Expected(P.SET_USERS, "home"),
    "users.user": Expected(P.SET_USERS, "home"),
}
# Shows nothing of the archive, or only what is one's own.
OPEN = {"static", "bootstrap.static", "language.choose", "sign_in.form", "sign_in.enter"}
OPEN |= {"provider.go", "provider.back", "passkey.ask", "passkey.enter"}
OPEN |= {"users.new_password", "users.set_password"}
OPEN |= {"verification.check", "verification.form"}
OWN = {"sign_in.account", "sign_in.end_sessions", "sign_in.leave", "sign_in.set_password"}
OWN |= {"passkey.own", "passkey.ask_for_new", "passkey.add", "passkey.remove"}
MISSING = 999_999
# These are about a file of a record.
PICTURED = {"records.media", "files.file", "files.image", "files.decide"}
# What these are about is not in this home: a saved search, a record that was captured by hand.
NOT_THERE = {"search.forget", "capture.correct", "capture.set_correct"}
NOT_THERE |= {"certificate.certificate", "certificate.data", "certificate.pdf"}
NOT_THERE |= {"certificate.proof", "masks.picture"}
NOT_THERE |= {"requests.paper", "requests.file"}
NOT_THERE |= {"users.user", "users.end_sessions", "users.give_link"}
NOT_THERE |= {"users.set_details", "users.set_roles", "users.set_state", "duty.remove"}


@dataclass
class Ground:
    """A home of two authorities, and what each has."""

    web: Web
    own: Authority
    other: Authority
    numbers: dict[int, dict[str, int]]
    picture: dict[int, tuple[int, int]]

    def path(self, rule: Rule, authority: int | None, draft: str) -> str:
        """An address of the route, about the authority's thing or about one that is not there."""
        where = EXPECTED[rule.endpoint].where
        seq = MISSING if authority is None else self.numbers[authority].get(where, 0)
        version, number = (1, 1) if authority is None else self.picture[authority]
        if rule.endpoint in PICTURED:
            seq = MISSING if authority is None else self.numbers[authority]["pictured"]
        else:
            version = 1
        values = {"seq": seq, "n": version, "number": number, "id": draft, "request_id": 7}
        values |= {"text": "2026-02-06", "name": "utlamnande.pdf", "row": "1.1"}
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), rule.rule)


def rules(app: Flask) -> Iterator[Rule]:
    """The routes that ask for a permission."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in OPEN | OWN:
            yield rule


@pytest.fixture(scope="module")
def ground(web: Web) -> Ground:
    codes = {one.code: one for one in web.home.channels.authorities()}
    own, other = codes["KS"], codes["KFN"]
    numbers: dict[int, dict[str, int]] = {}
    picture: dict[int, tuple[int, int]] = {}
    with web.home.ledger.database.read() as connection:
        for one in (own, other):
            of = f"SELECT seq FROM channel WHERE authority = {one.seq}"
            found = {}
            for name, table in (("record", "record"), ("run", "run"), ("channel", "channel")):
                column = "seq" if table == "channel" else "channel"
                query = f"SELECT min(seq) FROM {table} WHERE {column} IN ({of})"
                found[name] = connection.exec_driver_sql(query).scalar()
            query = (
                "SELECT v.record, v.n, m.number FROM media m JOIN version v ON v.seq = m.version"
                f" JOIN record r ON r.seq = v.record WHERE r.channel IN ({of})"
                " AND m.component IS NOT NULL ORDER BY v.record, v.n"
            )
            media = connection.exec_driver_sql(query).first()
            found["pictured"] = media[0] if media else 0
            picture[one.seq] = (media[1], media[2]) if media else (1, 0)
            numbers[one.seq] = found
    for one in (own, other):
        numbers[one.seq]["entry"] = _entry(web, one.seq)
        numbers[one.seq]["handover"] = _handover(web, one.seq)
        numbers[one.seq]["disposal"] = _disposal(web, one.seq)
        numbers[one.seq]["request"] = asked_of(web, one.seq)
        numbers[one.seq]["release"] = release_of(web, one.seq, numbers[one.seq])
        register = web.register_desk.register
        numbers[one.seq]["case"] = register.open_case(LOCAL, one.seq, "Ett ärende")
        numbers[one.seq] |= planned(web, one.seq)
        numbers[one.seq]["initiative"] = initiative_of(web, one.seq)
        numbers[one.seq] |= things(web.protection_office(), one.seq)
    assert numbers[own.seq]["pictured"]
    return Ground(web, own, other, numbers, picture)


def _entry(web: Web, authority: int) -> int:
    """A register entry of the authority."""
    register = web.register_desk.register
    register.set_series(LOCAL, authority, f"T{authority}", "{ORG} {ÅÅÅÅ}/{LÖP}")
    asked = Registration(
        authority=authority,
        direction=Direction.RECEIVED,
        day="2026-02-06",
        dated=Dated.STATED,
        title="En synpunkt",
    )
    return register.register(LOCAL, asked)


def _handover(web: Web, authority: int) -> int:
    """Something that the authority has handed over."""
    to = Handover(to="Gatukontoret", way="post")
    asked = Decision(authority=authority, records=(), outcome=Outcome.HANDED_OVER, handover=to)
    return web.register_desk.register.decide(LOCAL, asked)


def _disposal(web: Web, authority: int) -> int:
    """A disposal that was proposed, of nothing."""
    empty = Proposal(authority=authority, actor=17, day=20260206, rules=(), decisions=(), newest={})
    return web.retention_office().disposals.seal(empty)


def ask(browser: Browser, rule: Rule, path: str) -> tuple[int, str]:
    """Status and body; a form is sent empty, which changes nothing."""
    assert rule.methods
    if "POST" in rule.methods:
        answer = browser.post(path, forged=True, data={"csrf_token": browser.token()})
    else:
        answer = browser.get(path)
    return answer.status_code, answer.get_data().decode("utf-8", "replace")


def draft(browser: Browser, actor: int) -> str:
    """A draft of the viewer's own."""
    office: Office = browser.app.extensions[EXTENSION]
    return office.drafts.new("feed", actor).id


# --- what is declared ----------------------------------------------------------------------------


def test_every_route_is_in_the_table_and_declares_what_stands_there(web: Web) -> None:
    app = web.app()
    there = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert there == EXPECTED.keys() | OPEN | OWN
    for endpoint, expected in EXPECTED.items():
        need = need_of(app, endpoint)
        assert need is not None, f"{endpoint} declares nothing"
        assert (need.permission, need.open) == (expected.permission, False), endpoint
        assert need.home is (expected.where == "home"), endpoint
    assert all(need_of(app, one) == needs.OPEN for one in OPEN)
    assert all(need_of(app, one) == needs.Need() for one in OWN)


def test_a_route_that_declares_nothing_is_refused_to_everybody(web: Web) -> None:
    app = web.app()
    app.add_url_rule("/glomd", "forgotten", lambda: "hemligt")
    browser = Browser(app)
    browser.get("/?token=" + "ab" * 32)
    answer = browser.get("/glomd")
    assert answer.status_code == 403
    assert "hemligt" not in answer.text


def test_what_is_about_one_thing_says_so(web: Web) -> None:
    """A route whose address names a channel, record or run is in the table as being about it."""
    for rule in rules(web.app()):
        there = r"/(konton/C|handlingar/R|masker/R|insamlingar/|diarium/(?:overlamnat/|arenden/)?"
        there += r"|begaran/|utlamnanden/|livscykel/I|dataskydd/(?:begaran/|incidenter/)"
        there += r"|gallring/(?:beslut/|stopp/)?)<int:seq>"
        match = re.match(there, rule.rule)
        kinds = {"konton/C": "channel", "handlingar/R": "record", "insamlingar/": "run"}
        kinds |= {"masker/R": "record", "livscykel/I": "initiative"}
        kinds |= {"diarium/": "entry", "diarium/overlamnat/": "handover"}
        kinds |= {"begaran/": "request", "utlamnanden/": "release"}
        kinds |= {"dataskydd/begaran/": "subject_request"}
        kinds |= {"dataskydd/incidenter/": "incident"}
        kinds |= {"diarium/arenden/": "case", "gallring/": "disposal"}
        kinds |= {"gallring/beslut/": "decision", "gallring/stopp/": "hold"}
        where = kinds[match[1]] if match else "any"
        where = "home" if rule.rule.startswith(("/anvandare", "/jour/")) else where
        assert EXPECTED[rule.endpoint].where == where, rule.rule


# --- who gets what -------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_roles_of_one_authority(ground: Ground, role: Role) -> None:
    """Own: what the role grants. Another's: never, and just as what is not there."""
    viewer = viewer_of(40, [(role, ground.own.seq)])
    browser = ground.web.browser(viewer=viewer)
    for rule in rules(browser.app):
        expected = EXPECTED[rule.endpoint]
        granted = expected.permission in GRANTED[role] and expected.where != "home"
        own = ask(browser, rule, ground.path(rule, ground.own.seq, draft(browser, 40)))
        what = f"{role} {rule.endpoint}"
        if not granted:
            assert own[0] == 403, what
        elif rule.endpoint == "channel_change.acknowledge":
            assert own[0] == 404, what  # an empty form names no gap, which is said
            assert "There is no such gap" in own[1]
        elif rule.endpoint in NOT_THERE:
            assert own[0] == 404, what
        elif rule.endpoint == "channel_change.checked":
            assert "This check is of another account" in own[1], what
        else:
            assert own[0] in (200, 302, 303, 400), (what, own)
        if expected.where in ("any", "home"):
            continue
        foreign = ask(browser, rule, ground.path(rule, ground.other.seq, draft(browser, 40)))
        nothing = ask(browser, rule, ground.path(rule, None, draft(browser, 40)))
        assert foreign[0] == nothing[0] == (404 if granted else 403), what
        assert unnumbered(foreign[1]) == unnumbered(nothing[1]), what


def unnumbered(text: str) -> str:
    """The body without what differs because another number was asked for, and its form tokens."""
    text = re.sub(r'name="csrf_token" value="[^"]+"', "", text)
    return re.sub(r"\d+", "", re.sub(r"/konton/ny/\w+|/kontroll/\w+", "", text))


@pytest.mark.parametrize("role", Role)
def test_roles_of_the_whole_home(ground: Ground, role: Role) -> None:
    """What the role grants, of every authority."""
    browser = ground.web.browser(viewer=viewer_of(40, [(role, HOME)]))
    for rule in rules(browser.app):
        granted = EXPECTED[rule.endpoint].permission in GRANTED[role]
        for authority in (ground.own.seq, ground.other.seq):
            if rule.endpoint in PICTURED and not ground.numbers[authority]["pictured"]:
                continue
            status, text = ask(browser, rule, ground.path(rule, authority, draft(browser, 40)))
            said = "There is no such gap" in text or "another account" in text
            said = said or rule.endpoint in NOT_THERE
            expected = (200, 302, 303, 400, *([404] if said else [])) if granted else (403,)
            assert status in expected, f"{role} {rule.endpoint}"


def test_nobody_gets_anything(ground: Ground) -> None:
    browser = ground.web.browser(viewer=NOBODY)
    for rule in rules(browser.app):
        path = ground.path(rule, ground.own.seq, draft(browser, NOBODY.actor))
        assert ask(browser, rule, path)[0] == 403, rule.endpoint


def test_who_may_see_and_not_do_is_refused_and_not_told_that_it_is_not_there(
    ground: Ground,
) -> None:
    """An auditor of one authority who sets the channels of another."""
    roles = [(Role.AUDITOR, ground.own.seq), (Role.COMMUNICATOR, ground.other.seq)]
    browser = ground.web.browser(viewer=viewer_of(40, roles))
    channel, record = (ground.numbers[ground.own.seq][name] for name in ("channel", "record"))
    assert browser.get(f"/konton/C{channel}").status_code == 200
    assert browser.get(f"/konton/C{channel}/uppgifter").status_code == 403
    assert browser.get(f"/handlingar/R{record}/underlag/1").status_code == 200
    theirs = ground.numbers[ground.other.seq]["record"]
    assert browser.get(f"/handlingar/R{theirs}").status_code == 200
    assert browser.get(f"/handlingar/R{theirs}/underlag/1").status_code == 403


# --- lists, counts, search -----------------------------------------------------------------------


def titles(web: Web, authority: int) -> set[str]:
    return {one.title for one in web.home.channels.channels() if one.authority == authority}


@pytest.mark.parametrize("path", ["/", "/handlingar", "/handlingar?visa=lista", "/sok?q=a"])
def test_lists_show_one_s_own_and_nothing_of_another(ground: Ground, path: str) -> None:
    own, other = ground.own.seq, ground.other.seq
    mine, theirs = titles(ground.web, own), titles(ground.web, other)
    assert mine
    assert theirs
    for seen, unseen, authority in ((mine, theirs, own), (theirs, mine, other)):
        viewer = viewer_of(40, [(Role.REGISTRAR, authority)])
        text = ground.web.browser(viewer=viewer).get(path).text
        assert any(title in text for title in seen), path
        assert not any(title in text for title in unseen), path
        for number in re.findall(r"/handlingar/R(\d+)", text):
            assert authority_of(ground.web, int(number)) == authority


def authority_of(web: Web, record: int) -> int:
    with web.home.ledger.database.read() as connection:
        query = "SELECT c.authority FROM record r JOIN channel c ON c.seq = r.channel"
        found: int | None = connection.exec_driver_sql(f"{query} WHERE r.seq = {record}").scalar()
        assert found
        return found


def test_asking_for_another_s_account_gives_nothing(ground: Ground) -> None:
    viewer = viewer_of(40, [(Role.REGISTRAR, ground.own.seq)])
    browser = ground.web.browser(viewer=viewer)
    channel = ground.numbers[ground.other.seq]["channel"]
    for path in ("/handlingar?konto=C%d", "/handlingar?visa=lista&konto=C%d", "/sok?q=a&konto=C%d"):
        theirs, nobodys = browser.get(path % channel).text, browser.get(path % MISSING).text
        assert not re.search(r"/handlingar/R\d", theirs)
        assert unnumbered(theirs) == unnumbered(nobodys)


def test_what_the_log_holds_is_counted_for_one_s_own(ground: Ground) -> None:
    def versions(*roles: tuple[Role, int]) -> int:
        text = ground.web.browser(viewer=viewer_of(40, roles)).get("/om").text
        found = re.search(r"Version av en handling</th><td class=\"count\">(\d+)", text)
        return int(found[1]) if found else 0

    own, other = ((Role.AUDITOR, one.seq) for one in (ground.own, ground.other))
    assert 0 < versions(own) < versions((Role.AUDITOR, HOME))
    assert versions(own) + versions(other) == versions(own, other)
    assert versions(own, other) == versions((Role.AUDITOR, HOME))


def test_whoever_runs_the_machine_sees_how_it_stands_and_no_text(ground: Ground) -> None:
    browser = ground.web.browser(viewer=viewer_of(40, [(Role.OPERATOR, HOME)]))
    record = ground.numbers[ground.own.seq]["record"]
    with ground.web.home.ledger.database.read() as connection:
        query = f"SELECT latest FROM record WHERE seq = {record}"
        latest = connection.exec_driver_sql(query).scalar()
    text = str(ground.web.home.ledger.open_one(latest or 0).envelope["text"])[:30]
    channel, run = (ground.numbers[ground.own.seq][name] for name in ("channel", "run"))
    for path in ("/", f"/konton/C{channel}", f"/konton/C{channel}/tackning", f"/insamlingar/{run}"):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert text not in answer.text
        assert "/handlingar" not in answer.text, path  # and no way that would be refused


def test_a_draft_is_its_makers(ground: Ground) -> None:
    viewer = viewer_of(40, [(Role.COMMUNICATOR, ground.own.seq)])
    browser = ground.web.browser(viewer=viewer)
    assert browser.get(f"/konton/ny/{draft(browser, 40)}/adress").status_code == 200
    assert browser.get(f"/konton/ny/{draft(browser, 41)}/adress").status_code == 404


def test_what_concerns_the_whole_home_takes_the_right_for_all_of_it() -> None:
    need = needs.Need(P.SET_USERS, home=True)
    assert not needs.meets(viewer_of(40, [(Role.OPERATOR, 12)]), need)
    assert needs.meets(viewer_of(40, [(Role.OPERATOR, HOME)]), need)
    assert needs.meets(viewer_of(40, [(Role.OPERATOR, 12)]), needs.Need(P.SET_USERS))
    assert not needs.meets(viewer_of(40, [(Role.OPERATOR, HOME)]), None)
