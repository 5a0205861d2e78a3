"""Forms: what was typed is read strictly, secrets are never held, mistakes are by field."""

from __future__ import annotations

import pytest

from archiver.errors import ConfigError, RuleViolation
from archiver.web.form import MOST, SECRETS, Form


def test_secrets_are_never_held() -> None:
    typed = dict.fromkeys([*SECRETS, "csrf_token", "namn"], "KANARIE")
    form = Form.of(typed)
    assert dict(form.values) == {"namn": "KANARIE"}
    assert {"hemlighet", "anvandare", "signering", "passkey-svar"} == SECRETS


def test_fields_are_read_strictly() -> None:
    form = Form.of({"a": "  x ", "n": "12", "minus": "-1", "wide": "١٢", "long": "x" * 9999})
    assert (form.text("a"), form.text("none")) == ("x", "")
    assert [form.number(n) for n in ("n", "minus", "wide", "a", "none")] == [12, *[None] * 4]
    assert len(form.text("long")) == MOST
    assert form.cut == {"long"}


def test_ticked_boxes_are_numbers_of_what_there_may_be() -> None:
    names = ["12", "7", "x", "\u0661", "9" * 30, "9" * 5000]
    form = Form.of({f"kanal-{name}": "1" for name in names})
    assert form.ticked("kanal-") == {12, 7, 0}


def test_the_first_mistake_of_a_field_counts() -> None:
    form = Form()
    with form.judging("a", "Fel."):
        raise ConfigError("Wrong.", remedy="Mend it.")
    form.wrong("a", "Också fel.")
    assert [(m.words, m.detail) for m in form.mistakes.values()] == [("Fel.", "Wrong. Mend it.")]
    with pytest.raises(RuleViolation), form.judging("b", "Fel."):
        raise RuleViolation("Not a mistake of the form.")
