"""The demo's invented people."""

from __future__ import annotations

from pathlib import Path

from archiver.core.access import Permission
from archiver.demo.cast import PASSWORD, cast, told
from tests.homes import make_home, people_of


def test_two_people_who_may_dispose_and_who_can_sign_in(tmp_path: Path) -> None:
    people = people_of(make_home(tmp_path / "home"))
    made = cast(people)
    assert [one.login for one in made] == ["eva.lind", "bo.berg"]
    assert all(one.viewer.may(Permission.DISPOSE) for one in made)
    assert made[0].viewer.may(Permission.SET_RETENTION)
    for one in made:
        account = people.accounts.of_login(one.login)
        assert account is not None
        assert people.passwords.verify(account.password, PASSWORD)
        assert one.name in told(made)
    assert PASSWORD in told(made)
