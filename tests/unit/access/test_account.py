"""What an account goes through."""

from collections.abc import Callable

import pytest

from kernel.errors import Invalid
from kernel.vocabulary import Role
from services.access.domain.account import (
    Account,
    AccountState,
    AccountStateForbids,
    CredentialsReset,
    new_login,
)
from tests.unit.access.staff import account


def test_its_facts_are_counted_without_a_gap_and_name_nobody() -> None:
    one = account(None, Role.CASEWORKER)
    facts = [
        one.open(),
        one.change_roles(frozenset({Role.SUPERVISOR})),
        one.lock(),
        one.unlock(),
        one.tell(CredentialsReset),
        one.close(),
    ]
    assert [fact.version for fact in facts] == [1, 2, 3, 4, 5, 6]
    assert one.version == 6
    assert all(one.login not in repr(fact) and one.display_name not in repr(fact) for fact in facts)


@pytest.mark.parametrize(
    "change",
    [
        Account.lock,
        Account.unlock,
        Account.close,
        lambda one: one.change_roles(frozenset({Role.DPO})),
        lambda one: one.tell(CredentialsReset),
    ],
)
def test_a_closed_account_stays_closed(change: Callable[[Account], object]) -> None:
    one = account()
    one.close()
    with pytest.raises(AccountStateForbids):
        change(one)
    assert (one.state, one.version, one.roles) == (AccountState.CLOSED, 1, frozenset({Role.CASEWORKER}))


def test_a_lock_is_set_and_taken_away_once() -> None:
    one = account()
    with pytest.raises(AccountStateForbids):
        one.unlock()
    one.lock()
    with pytest.raises(AccountStateForbids):
        one.lock()


def test_a_login_is_the_same_in_any_case() -> None:
    assert new_login(" Eleni.K@Kem.example ") == "eleni.k@kem.example"


@pytest.mark.parametrize(
    "text", ["", "ab", "-eleni", "eleni.", "ελένη", "two words", "a" * 101, "nul\x00nul"]
)
def test_what_could_not_be_typed_everywhere_is_no_login(text: str) -> None:
    with pytest.raises(Invalid):
        new_login(text)
