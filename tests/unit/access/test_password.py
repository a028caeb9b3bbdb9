"""Which passwords are taken."""

import pytest

from services.access.domain.password import PasswordTooWeak, plain_password, require_strong


def _check(password: str) -> None:
    require_strong(password, login="eleni.kapa@kem.example", display_name="Ελένη Κάππα")


@pytest.mark.parametrize(
    "password",
    ["four green chairs", "πράσινες καρέκλες", "x9#Lq2!vTz8w", "خمس كراسي خضراء", "a" * 4 + "b c d e f g h"],
)
def test_length_counts_and_no_kind_of_character_is_asked_for(password: str) -> None:
    _check(password)


@pytest.mark.parametrize(
    "password",
    [
        "short words",
        "a" * 129 + "bcdef",
        "aaaaaaaaaaaabb",
        "abababababab",
        "abcdefghijklm",
        "2345678901234",
        "my eleni.kapa word",
        "the name Κάππα is it",
        "Password1234",
        "Athens123456",
    ],
)
def test_what_would_be_guessed_is_refused(password: str) -> None:
    with pytest.raises(PasswordTooWeak):
        _check(password)


def test_a_password_is_the_same_from_every_keyboard() -> None:
    composed, decomposed = "caf\u00e9 and a chair", "cafe\u0301 and a chair"
    assert composed != decomposed
    assert plain_password(composed) == plain_password(decomposed)
