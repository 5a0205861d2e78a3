"""`diarkiv retention disposal`: proposed, confirmed by another person, withdrawn, carried out.

Whoever is at the machine is nobody in particular: what takes two persons asks for a user and their
password, which is counted and noted as on the sign-in page and never given in the command.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from archiver.cli.output import json_option, progress_bar, say, show, table_of
from archiver.cli.records import number
from archiver.core.access import LOCAL
from archiver.core.form import as_json as written
from archiver.document.parts import as_pdf, as_text
from retention.cli_asked import confirm_option, only_shown, owner_of, owner_option
from retention.core.disposal import Proposal, State
from retention.disposal.asked import (
    DisposalHome,
    acting,
    extent_rows,
    person,
    proposal_fields,
    row_fields,
    save,
    table_rows,
)
from retention.disposal.execution import STEPS, Progress
from retention.documents.certificate import certificate_document

Home = Callable[[], DisposalHome]
_SOMEBODY = -1  # who has not said who they are: another person than who proposed
_seq = click.argument("seq", type=int, metavar="N")
_user = click.option("--user", metavar="NAME", help="Who you are; the password is asked for.")


def group(home: Home) -> click.Group:
    """The commands, to be attached to `diarkiv retention`."""

    @click.group("disposal")
    def disposal() -> None:
        """Disposals (gallring): proposed by one person, confirmed by another, then carried out.

        \b
        Example:
          diarkiv retention disposal list
        """

    for one in (_list, _show, _propose, _confirm, _withdraw, _execute, _run, _certificate):
        disposal.add_command(one(home))
    return disposal


def _list(home: Home) -> click.Command:
    @click.command("list")
    @click.option("--state", type=click.Choice([one.value for one in State]), help="Only these.")
    @json_option
    def list_(state: str | None, as_json: bool) -> None:
        """List disposals, the newest first.

        \b
        Examples:
          diarkiv retention disposal list
          diarkiv retention disposal list --state confirmed --json
        """
        states = (State(state),) if state else None
        rows = home().disposals.all(LOCAL, states=states)
        data = [row_fields(row) for row in rows]
        shown = table_rows(rows)
        show(as_json, data, lambda: table_of("Disposals", shown, "There are none."))

    return list_


def _show(home: Home) -> click.Command:
    @click.command("show")
    @_seq
    @json_option
    def show_(seq: int, as_json: bool) -> None:
        """Show the disposal N: its set, its digest, what is held and kept, and how far it has come.

        \b
        Example:
          diarkiv retention disposal show 4711
        """
        held = home().disposals.get(LOCAL, seq)
        fields = {
            **row_fields(held.row),
            **proposal_fields(held.proposal),
            "confirmed_by": held.confirmed_by,
            "ended_by": held.ended_by,
            "reason": held.reason,
            "sample": [f"R{one}" for one in held.sample()],
        }
        shown = {name: value for name, value in fields.items() if name != "extents"}
        rows = [{"": name, "disposal": value} for name, value in shown.items()]
        show(as_json, fields, lambda: table_of(f"Disposal {seq}", rows, ""))
        if not as_json:
            show(False, None, lambda: table_of("", extent_rows(held.proposal), ""))

    return show_


def _propose(home: Home) -> click.Command:
    @click.command("propose")
    @owner_option
    @click.option("--class", "rules", multiple=True, metavar="CODE", help="Only this class.")
    @click.option("--channel", "channels", multiple=True, metavar="C12", help="Only this channel.")
    @click.option("--note", default="", help="What whoever confirms should know.")
    @_user
    @confirm_option
    @json_option
    def propose(
        authority: str,
        rules: tuple[str, ...],
        channels: tuple[str, ...],
        note: str,
        user: str | None,
        confirm: bool,
        as_json: bool,
    ) -> None:
        """Propose everything that is due: one proposal for each set of decisions it is due under.

        Without --confirm it is only shown what would be proposed. Whoever proposes does not
        confirm, so it asks for --user.

        \b
        Examples:
          diarkiv retention disposal propose --authority KS
          diarkiv retention disposal propose --authority KS --class SM05 --user eva.lind --confirm
        """
        it, owner = home(), owner_of(home(), authority)
        only = {
            "rules": rules or None,
            "channels": [number(one, "C") for one in channels] or None,
        }
        if confirm:
            viewer = person(it, user)
            made = it.disposals.propose(viewer, owner, note=note, **only)  # type: ignore[arg-type]
            found = [it.disposals.get(viewer, seq).proposal for seq in made]
        else:
            found = it.disposals.drafts(LOCAL, owner, note=note, **only)  # type: ignore[arg-type]
            made = []
        data = {"proposed": made, "proposals": [proposal_fields(one) for one in found]}
        show(as_json, data, lambda: _told(found, made))
        if not as_json:
            for one in found:
                show(False, None, lambda one=one: table_of("", extent_rows(one), ""))  # type: ignore[misc]
        only_shown(confirm)

    return propose


def _told(found: Sequence[Proposal], made: Sequence[int]) -> str:
    """Proposals in words."""
    lines = []
    for place, one in enumerate(found):
        name = f"Disposal {made[place]}" if made else "Would be proposed"
        lines.append(f"{name}: {len(one.newest)} records under {_decisions(one)}.")
        lines.append(f"  digest {one.digest}")
        lines += [f"  held ({kind}): {count} records" for kind, count in sorted(one.held.items())]
        if one.answered:
            lines.append(f"  kept, answers to them are kept: {one.answered} records")
        if one.kept:
            lines.append(f"  kept as a selection (one of {one.one_of}): {len(one.kept)} records")
    return "\n".join(lines) or "Nothing is due under a decision in force."


def _decisions(one: Proposal) -> str:
    return ", ".join(map(str, one.decisions))


def _confirm(home: Home) -> click.Command:
    @click.command("confirm")
    @_seq
    @click.option("--digest", required=True, metavar="HEX", help="That of the set you looked at.")
    @_user
    @confirm_option
    @json_option
    def confirm(seq: int, digest: str, user: str | None, confirm: bool, as_json: bool) -> None:
        """Confirm the disposal N as another person than who proposed it.

        Look first: `diarkiv retention disposal show N`, and its sample of records. Without
        --confirm it is only shown whether it could be confirmed, and no password is asked for.

        \b
        Examples:
          diarkiv retention disposal confirm 4711 --digest 3f1c… --user bo.berg
          diarkiv retention disposal confirm 4711 --digest 3f1c… --user bo.berg --confirm
        """
        it = home()
        seen = "".join(digest.split())
        if confirm:
            held = it.disposals.confirm(person(it, user), seq, digest=seen)
        else:
            actor = it.people.user(user).seq if user else _SOMEBODY
            held = it.disposals.confirmable(LOCAL, seq, digest=seen, actor=actor)
        fields = {"confirmed": confirm, **row_fields(held.row)}
        done = f"Disposal {seq} is confirmed; it waits until {fields['waits_until']}."
        words = f"Disposal {seq} ({held.row.records} records) would be confirmed, and wait "
        words += f"{held.proposal.waiting_days} days."
        show(as_json, fields, lambda: done if confirm else words)
        only_shown(confirm)

    return confirm


def _withdraw(home: Home) -> click.Command:
    @click.command("withdraw")
    @_seq
    @click.option("--reason", required=True, help="Why, in words; it is kept.")
    @_user
    @confirm_option
    @json_option
    def withdraw(seq: int, reason: str, user: str | None, confirm: bool, as_json: bool) -> None:
        """Take back the disposal N, confirmed or not, before anything is done.

        \b
        Examples:
          diarkiv retention disposal withdraw 4711 --reason "Fel period"
          diarkiv retention disposal withdraw 4711 --reason "Fel period" --confirm
        """
        it = home()
        if confirm:
            it.disposals.withdraw(acting(it, user), seq, reason=reason)
        held = it.disposals.get(LOCAL, seq)
        fields = {"withdrawn": confirm, **row_fields(held.row)}
        verb = "is" if confirm else "would be"
        show(as_json, fields, lambda: f"Disposal {seq} ({held.row.records} records) {verb} undone.")
        only_shown(confirm)

    return withdraw


def _execute(home: Home) -> click.Command:
    @click.command("execute")
    @_seq
    @_user
    @confirm_option
    @json_option
    def execute(seq: int, user: str | None, confirm: bool, as_json: bool) -> None:
        """Carry out the disposal N now, where its waiting time has passed. The worker does so too.

        It can be interrupted and run again: it goes on where it was. From the step `destroy` on
        nothing brings the records back.

        \b
        Examples:
          diarkiv retention disposal execute 4711
          diarkiv retention disposal execute 4711 --confirm
        """
        it = home()
        if confirm:
            viewer = acting(it, user)
            with progress_bar(f"Disposal {seq}", quiet=as_json) as tell:
                row = it.rounds.execute(viewer, seq, _steps(tell, quiet=as_json))
        else:
            row = it.disposals.get(LOCAL, seq).row
            it.execution.check(row)
        fields = {"executed": row.state is State.COMPLETED, **row_fields(row)}
        words = f"Disposal {seq}: {row.records} records, {row.state.value}."
        show(as_json, fields, lambda: words)
        if confirm and row.state is State.KEYS_DESTROYED and not as_json:
            say("The index or a replica has yet to follow: the worker goes on with it.")
        only_shown(confirm)

    return execute


def _steps(tell: Callable[[int, int], None], *, quiet: bool) -> Progress:
    """Progress by steps: the bar shows which, and each is said as it begins."""
    said: list[str] = []

    def told(step: str, _done: int, _all: int) -> None:
        if step in STEPS:
            tell(STEPS.index(step), len(STEPS))
        if step not in said:
            said.append(step)
            if not quiet:
                say(step)

    return told


def _run(home: Home) -> click.Command:
    @click.command("run")
    @confirm_option
    @json_option
    def run(confirm: bool, as_json: bool) -> None:
        """Propose and confirm what is due under running decisions. The worker does so once a day.

        \b
        Examples:
          diarkiv retention disposal run
          diarkiv retention disposal run --confirm
        """
        it = home()
        made = it.rounds.run() if confirm else []
        found = (
            [it.disposals.get(LOCAL, seq).proposal for seq in made]
            if confirm
            else it.rounds.would_run()
        )
        data = {"proposed": made, "proposals": [proposal_fields(one) for one in found]}
        show(as_json, data, lambda: _told(found, made))
        only_shown(confirm)

    return run


def _certificate(home: Home) -> click.Command:
    @click.command("certificate")
    @_seq
    @click.option(
        "--pdf",
        "file",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Write it here as PDF; what is there already is not overwritten.",
    )
    @click.option(
        "--proof",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Write its proof here, as zip: to be kept apart, for `diarkiv recover`.",
    )
    @click.option("--english", is_flag=True, help="In English; else in Swedish.")
    @json_option
    def certificate(
        seq: int, file: Path | None, proof: Path | None, english: bool, as_json: bool
    ) -> None:
        """The certificate (gallringsprotokoll) of the disposal N: its text, a PDF, its proof or its
        JSON. Keep the proof outside the home: after a loss, a recovery believes nothing else.

        \b
        Examples:
          diarkiv retention disposal certificate 4711
          diarkiv retention disposal certificate 4711 --pdf gallringsprotokoll.pdf
          diarkiv retention disposal certificate 4711 --proof gallringsprotokoll.zip
          diarkiv retention disposal certificate 4711 --json
        """
        it = home()
        found = it.disposals.certificate(LOCAL, seq)
        if as_json:
            click.echo(written(found).decode())
        today = it.disposals.today()
        document = certificate_document(found, today=today, language="en" if english else "sv")
        if file is not None:
            save(file, as_pdf(document))
            say(f"{file}: certificate {found.number}.")
        if proof is not None:
            save(proof, it.disposals.proof(LOCAL, seq, proof.name))
            say(f"{proof}: proof of certificate {found.number}.")
        if file is None and proof is None and not as_json:
            click.echo(as_text(document))

    return certificate
