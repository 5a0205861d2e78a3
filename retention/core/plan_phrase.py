"""What can be wrong with a records schedule or a decision, as codes with their sentences.

Like the register's phrases (`archiver.registry.core.phrase`), which it goes on from: what is not
known here is looked for there. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from archiver.core.reason import Wording
from archiver.registry.core.phrase import Phrase, Problem


@dataclass(frozen=True, slots=True)
class PlanPhrase(Phrase):
    """A phrase of retention."""

    def say(self, language: str) -> str:
        """The sentence in that language, Swedish unless it is "en"."""
        wording = PLAN_PHRASES.get(self.code)
        if wording is None:
            return Phrase(self.code, self.values).say(language)
        return wording.say(language).format_map(dict(self.values))


def problem(row: int, code: str, /, **values: object) -> Problem:
    """A problem of a row (0: the file as a whole)."""
    return Problem(row, PlanPhrase(code, tuple((name, str(v)) for name, v in values.items())))


PLAN_PHRASES: Mapping[str, Wording] = {
    "plan_too_large": Wording(
        "filen är större än {limit} MB", "the file is larger than {limit} MB"
    ),
    "plan_form": Wording(
        "filen är varken TOML, CSV eller ett kalkylblad i formatet xlsx",
        "the file is neither TOML, CSV nor a spreadsheet in the format xlsx",
    ),
    "plan_ods": Wording(
        "kalkylbladet är sparat som ods: spara om det som xlsx eller CSV",
        "the spreadsheet is saved as ods: save it again as xlsx or CSV",
    ),
    "sheet_broken": Wording(
        "kalkylbladet kan inte läsas: det är trasigt eller skyddat",
        "the spreadsheet cannot be read: it is broken or protected",
    ),
    "sheet_bomb": Wording(
        "kalkylbladet blir större än {limit} MB när det packas upp",
        "the spreadsheet becomes larger than {limit} MB when it is unpacked",
    ),
    "sheet_far": Wording(
        "kalkylbladet har rader efter rad {limit}: ta bort dem under planen, också de tomma",
        "the spreadsheet has rows after row {limit}: delete those below the plan, empty ones too",
    ),
    "sheet_merged": Wording(
        "kalkylbladet har sammanfogade celler: dela upp dem, så att varje rad säger allt om sig",
        "the spreadsheet has merged cells: split them, so that each row says all of itself",
    ),
    "too_many_rules": Wording(
        "planen har fler än {limit} rader", "the schedule has more than {limit} rows"
    ),
    "formula": Wording(
        "”{column}” är en formel: skriv värdet i stället",
        '"{column}" is a formula: write the value instead',
    ),
    "head_missing": Wording("planens ”{column}” saknas", 'the schedule\'s "{column}" is missing'),
    "head_differs": Wording(
        "”{column}” är en annan än på rad {row}", '"{column}" is another than on row {row}'
    ),
    "rule_key": Wording("”{key}” hör inte till en plan", '"{key}" is no part of a schedule'),
    "rule_value": Wording(
        "”{column}” ska vara text, tal, ja/nej eller en lista med texter",
        '"{column}" is to be text, a number, true/false or a list of texts',
    ),
    "no_rules": Wording("planen har inga rader", "the schedule has no rows"),
    "rule_code": Wording(
        "”{value}” är ingen beteckning: bokstäver och siffror med . - _ eller / emellan",
        '"{value}" is no code: letters and digits with . - _ or / between',
    ),
    "retention": Wording(
        "”{value}” är ingen bevarandetid: skriv bevaras, vid inaktualitet, vid inaktualitet, "
        "karens 3 månader, eller en frist som 2 år",
        '"{value}" is no retention: write permanent, when obsolete, when obsolete, grace 3 months, '
        "or a period such as 2 years",
    ),
    "one_of": Wording(
        "”{value}” i ”{column}” ska vara något av: {allowed}",
        '"{value}" in "{column}" is to be one of: {allowed}',
    ),
    "count": Wording(
        "”{value}” i ”{column}” ska vara ett heltal från 0 till {most}",
        '"{value}" in "{column}" is to be a whole number 0 to {most}',
    ),
    "channel_form": Wording(
        "”{value}” är ingen kanal: skriv C och kanalens nummer",
        '"{value}" is no channel: write C and its number',
    ),
    "channel_unknown": Wording(
        "myndigheten har ingen kanal {channel}", "the authority has no channel {channel}"
    ),
    "class_unknown": Wording(
        "klassen {code} finns inte i myndighetens klassificeringsstruktur",
        "the authority's classification scheme has no class {code}",
    ),
    "record_class_unknown": Wording(
        "handlingstypen {code} finns inte bland myndighetens handlingstyper",
        "the authority has no record class {code}",
    ),
    "trigger_missing": Wording(
        "det som fristen räknas från saknas", "what the period runs from is missing"
    ),
    "trigger_stray": Wording(
        "det som bevaras har ingen händelse att räkna från",
        "what is kept has no event to count from",
    ),
    "rounding_stray": Wording(
        "bara en frist avrundas, inte ”{retention}”", 'only a period is rounded, not "{retention}"'
    ),
    "inactive_missing": Wording(
        "antal dagar utan aktivitet saknas", "the days without activity are missing"
    ),
    "inactive_stray": Wording(
        "dagar utan aktivitet hör bara till händelsen ”tråden inaktiv”",
        'days without activity belong to the event "thread inactive" only',
    ),
    "minor_stray": Wording(
        "det som bevaras kan inte gallras som ringa",
        "what is kept cannot be disposed of as minor",
    ),
    "mandate_missing": Wording(
        "raden sägs vara beslutad men nämner inget beslut",
        "the row says that it is decided and names no decision",
    ),
    "below_prescription": Wording(
        "det som myndigheten har dolt eller tagit bort sparas minst {years} år",
        "what the authority has hidden or removed is kept for at least {years} years",
    ),
    "not_day": Wording(
        "”{value}” i ”{column}” är inte ett datum: skriv ÅÅÅÅ-MM-DD",
        '"{value}" in "{column}" is no date: write YYYY-MM-DD',
    ),
    "day_order": Wording(
        "slutar {end}, inte efter {start}", "ends {end}, which is not after {start}"
    ),
    "rule_twice": Wording(
        "{code} tar samma handlingar som rad {row}", "{code} takes the same records as row {row}"
    ),
    "contradicts": Wording(
        "{code} tar samma handlingar som rad {row} men med en annan bevarandetid",
        "{code} takes the same records as row {row} with another retention",
    ),
    "contradicts_other": Wording(
        "{code} har samma omfattning som {other} på rad {row} men en annan bevarandetid",
        "{code} has the same scope as {other} on row {row} and another retention",
    ),
    "version_known": Wording(
        "det finns redan en version ”{version}”: ge den nya ett annat namn",
        'there is a version "{version}" already: give the new one another name',
    ),
    "effective_past": Wording(
        "planen kan inte börja gälla {day}: det som redan har gällt ändras inte i efterhand",
        "the schedule cannot take effect on {day}: what has held is not changed afterwards",
    ),
    "effective_overlaps": Wording(
        "version ”{version}” gäller redan sedan {day}: ge en senare dag",
        'version "{version}" holds since {day}: give a later day',
    ),
    "decision_lacks": Wording(
        "beslutets ”{column}” saknas", 'the decision\'s "{column}" is missing'
    ),
    "decision_future": Wording(
        "beslutet är daterat {day}, som inte har varit än",
        "the decision is dated {day}, which is yet to come",
    ),
    "decision_early": Wording(
        "beslutet gäller från {day}, före beslutsdagen {decided}: det behöver ett skäl",
        "the decision holds from {day}, before it was made on {decided}: that needs a reason",
    ),
    "decision_no_schedule": Wording(
        "myndigheten har ingen plan som gäller {day}: inför den först",
        "the authority has no schedule in force on {day}: adopt it first",
    ),
    "decision_no_rules": Wording(
        "beslutet nämner ingen handlingstyp", "the decision names no record class"
    ),
    "decision_scope": Wording(
        "ett beslut nämner högst {most} handlingstyper eller kanaler",
        "a decision names at most {most} record classes or channels",
    ),
    "decision_channels": Wording(
        "beslutet gäller inga kanaler: utelämna dem om det gäller alla",
        "the decision is about no channel: leave them out if it is about all",
    ),
    "decision_rule_unknown": Wording(
        "handlingstypen {code} finns inte i planens version ”{version}”",
        'the schedule\'s version "{version}" has no record class {code}',
    ),
    "decision_rule_kept": Wording(
        "handlingstypen {code} bevaras enligt planen",
        "the record class {code} is kept for ever by the schedule",
    ),
    "decision_conditions": Wording(
        "alla fem villkor för gallring av ringa handlingar ska vara prövade (gäller {codes})",
        "all five conditions for disposing of what is minor are to be weighed (for {codes})",
    ),
    "decision_sample": Wording(
        "urvalet är antingen inget eller en av 2 till 10 000",
        "the sample is either none or one of 2 to 10,000",
    ),
    "decision_waiting": Wording(
        "väntetiden är 0 till {most} dagar", "the waiting time is 0 to {most} days"
    ),
    "decision_known": Wording(
        "beslutet finns redan, som {seq}", "the decision is recorded already, as {seq}"
    ),
    "decision_replaces": Wording(
        "beslut {seq} kan inte ersättas: det finns inte, är upphävt eller är från en annan nivå",
        "decision {seq} cannot be replaced: it is not there, is revoked, or is of another level",
    ),
}
