"""`diarkiv register correct`, `void`, `mark`, `unmark` and `relate`: what happens to entries after
they were made. What stood there before stays seen."""

from __future__ import annotations

import sys
from collections.abc import Callable

import click

from archiver.cli.output import json_option, show
from archiver.core.access import LOCAL
from archiver.registry import shown
from archiver.registry.cli_asked import Home, choice, entry_of, held, today, word
from archiver.registry.core.entry import CORRECTABLE, Entry, Marking, Relation

_reason = click.option("--reason", required=True, help="Why, in words; it is kept and shown.")


def add_commands(group: click.Group, home: Callable[[], Home]) -> None:
    """Attach the commands to `diarkiv register`."""
    for one in (_correct, _void, _mark, _unmark, _relate):
        group.add_command(one(home))


def _tell(home: Home, entry: int, as_json: bool, words: str) -> None:
    found = home.register.reader.entry(LOCAL, entry)
    show(as_json, shown.entry_fields(LOCAL, found), lambda: f"{found.number}: {words}")


def _correct(home: Callable[[], Home]) -> click.Command:
    @click.command("correct")
    @click.argument("number")
    @click.argument("field", type=choice(sorted(CORRECTABLE)))
    @click.argument("value")
    @_reason
    @click.option("--secret", is_flag=True, help="It is one of the fields kept apart.")
    @click.option("--conceals", is_flag=True, help="What stood there must not be shown either.")
    @json_option
    def correct(
        number: str,
        field: str,
        value: str,
        reason: str,
        secret: bool,
        conceals: bool,
        as_json: bool,
    ) -> None:
        """Correct (rätta) one FIELD of the entry NUMBER. What stood there is still seen, with who
        put it right and why. A VALUE of - is read from standard input.

        \b
        Examples:
          diarkiv register correct "KS 2026/141" title "Synpunkt på snö" --reason Felskrivet
          diarkiv register correct "KS 2026/141" sender - --secret --reason "Nytt namn"
        """
        entry = entry_of(home(), number)
        value = sys.stdin.read() if value == "-" else value
        home().register.correct(
            LOCAL,
            entry.seq,
            word(field),
            value,
            reason=reason,
            secret=secret,
            conceals=conceals,
        )
        _tell(home(), entry.seq, as_json, f"{field} is corrected.")

    return correct


def _void(home: Callable[[], Home]) -> click.Command:
    @click.command("void")
    @click.argument("number")
    @_reason
    @json_option
    def void(number: str, reason: str, as_json: bool) -> None:
        """Void (makulera) the entry or case NUMBER. It stays seen, and its number is never given
        again.

        \b
        Example:
          diarkiv register void "KS 2026/141" --reason "Registrerad två gånger"
        """
        found = held(home(), number)
        home().register.void(LOCAL, found.seq, reason=reason)
        if isinstance(found, Entry):
            _tell(home(), found.seq, as_json, "is voided.")
            return
        case = home().register.reader.case(LOCAL, found.seq)
        show(as_json, shown.case_fields(LOCAL, case), lambda: f"{case.number}: is voided.")

    return void


def _mark(home: Callable[[], Home]) -> click.Command:
    @click.command("mark")
    @click.argument("number")
    @click.argument("clause")
    @_reason
    @json_option
    def mark(number: str, clause: str, reason: str, as_json: bool) -> None:
        """Mark the entry NUMBER as possibly secret (sekretessmarkering) under CLAUSE. A marking is
        a warning and no decision: each request is tried by itself.

        \b
        Example:
          diarkiv register mark "KS 2026/141" "OSL 26 kap. 1 §" --reason "Adressuppgift"
        """
        entry = entry_of(home(), number)
        owner = next(
            one for one in home().channels.authorities() if one.seq == entry.fields.authority
        )
        marking = Marking(clause=clause, day=today(home()), authority=owner.name)
        home().register.mark(LOCAL, entry.seq, marking, reason=reason)
        _tell(home(), entry.seq, as_json, "is marked.")

    return mark


def _unmark(home: Callable[[], Home]) -> click.Command:
    @click.command("unmark")
    @click.argument("number")
    @_reason
    @json_option
    def unmark(number: str, reason: str, as_json: bool) -> None:
        """Take the marking (sekretessmarkering) off the entry NUMBER; that it was there stays seen.

        \b
        Example:
          diarkiv register unmark "KS 2026/141" --reason "Prövad, gäller inte"
        """
        entry = entry_of(home(), number)
        home().register.mark(LOCAL, entry.seq, None, reason=reason)
        _tell(home(), entry.seq, as_json, "is no longer marked.")

    return unmark


def _relate(home: Callable[[], Home]) -> click.Command:
    @click.command("relate")
    @click.argument("number")
    @click.argument("relation", type=choice([one.value for one in Relation]))
    @click.argument("other")
    @json_option
    def relate(number: str, relation: str, other: str, as_json: bool) -> None:
        """Say how the entry NUMBER has to do with the entry OTHER of the same authority.

        \b
        Example:
          diarkiv register relate "KS 2026/142" answers "KS 2026/141"
        """
        one, two = entry_of(home(), number), entry_of(home(), other)
        home().register.relate(LOCAL, one.seq, two.seq, Relation(word(relation)))
        _tell(home(), one.seq, as_json, f"{relation} {two.number}.")

    return relate
