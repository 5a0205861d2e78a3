"""Governance: the lifecycle of a social medium, its checklist, and the gate before it goes live.

An *initiative* (kanalsatsning) is one purpose an authority pursues on some platforms. It goes
through eight steps, in cycles; step 5 is the decision of the authority's own body, which is asked
for only when the checklist is answered. Nothing here decides, hides a fact or stops a harvest: it
says what remains, freezes what the body was shown, and keeps what the body said.

Where things are, and where more is joined on:

* `core/` the rules, pure. `acts` is everything a person can do to an initiative, a closed union:
  a new act is a dataclass there, a line of `standing.apply` and one of `refusals`. `standing` is
  what the acts add up to. `gate` says what remains, `approval` what a decision covers and when it
  is final, `lifecycle` holds the eight steps as data, `snapshot` freezes the underlag.
* `checklists/` a TOML file for each checklist, found by folder (`shipped`). Another checklist is
  another file.
* `checks/` a module for each automatic check with an attribute `check`, found by folder and by
  the entry points `diarkiv.checks`. A check has an id, a phase and `run(subject, archive)`; it
  gathers its own facts from `archive` and judges them in a pure function of its own. The id must
  stand in a row of a checklist, or nothing will ask for it.
* `service` the use-cases: `Initiatives`. Each act is refused or appended as one sealed event,
  `initiative_act`. `queries` is what the tables answer, above all which approval covered a channel
  on a day.

What is counted from elsewhere (the register of channels, the moderation log, measures) belongs to
its own module with its own events; it reaches the gate as a check, and step 7 and 8 as `Noted`.
"""
