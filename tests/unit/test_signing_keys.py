"""What a start makes of the folder of sign-in, and what only its owner can bring back."""

from pathlib import Path

import pytest

from tools.stack.credentials import write_signing_keys
from tools.stack.failure import StackFailure
from tools.stack.layout import Layout

_SERVICES = ("intake", "access")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """A new hub's folder."""
    one = Layout(tmp_path / "data")
    one.make()
    return one


def test_the_first_start_makes_the_key_of_sign_in_and_a_list_of_nobody(layout: Layout) -> None:
    for _ in range(2):
        write_signing_keys(layout, _SERVICES)
        made = layout.sign_in_key.read_bytes()
        assert layout.closed_accounts.read_bytes() == b""
    write_signing_keys(layout, _SERVICES)
    assert layout.sign_in_key.read_bytes() == made


@pytest.mark.parametrize("lost", ["sign-in.key", "closed-accounts"])
@pytest.mark.parametrize("on_a_new_machine", [False, True])
def test_no_later_start_makes_up_for_what_was_lost(
    layout: Layout, lost: str, *, on_a_new_machine: bool
) -> None:
    write_signing_keys(layout, _SERVICES)
    layout.closed_accounts.write_text("somebody")
    (layout.sign_in / lost).unlink()
    if on_a_new_machine:  # to which the key folder alone was brought
        layout.staff_issuer_key.unlink()
    left = {file.name: file.read_bytes() for file in layout.sign_in.iterdir()}
    with pytest.raises(StackFailure, match=f"{lost} is missing"):
        write_signing_keys(layout, _SERVICES)
    assert {file.name: file.read_bytes() for file in layout.sign_in.iterdir()} == left


def test_a_hub_that_has_lost_both_does_not_start_either(layout: Layout) -> None:
    write_signing_keys(layout, _SERVICES)
    layout.sign_in_key.unlink()
    layout.closed_accounts.unlink()
    with pytest.raises(StackFailure, match="closed-accounts is missing"):
        write_signing_keys(layout, _SERVICES)
    write_signing_keys(layout, ("intake",))  # which needs neither


@pytest.mark.parametrize("has_list", [True, False])
def test_what_lay_in_the_folder_of_the_vaults_keys_once_is_moved(layout: Layout, *, has_list: bool) -> None:
    write_signing_keys(layout, _SERVICES)
    key = layout.sign_in_key.read_bytes()
    (layout.keys / "root.key").write_text("of the vault")
    layout.sign_in_key.rename(layout.keys / "sign-in.key")
    if has_list:
        layout.closed_accounts.write_text("somebody")
        layout.closed_accounts.rename(layout.keys / "closed-accounts")
    else:  # a hub from before there was one
        layout.closed_accounts.unlink()
    for _ in range(2):
        write_signing_keys(layout, _SERVICES)
        assert layout.sign_in_key.read_bytes() == key
        assert layout.closed_accounts.read_text() == ("somebody" if has_list else "")
        assert [file.name for file in layout.keys.iterdir()] == ["root.key"]


def test_an_old_copy_of_the_key_folder_does_not_take_the_place_of_the_list_of_today(layout: Layout) -> None:
    write_signing_keys(layout, _SERVICES)
    layout.closed_accounts.write_text("somebody")
    (layout.keys / "sign-in.key").write_bytes(layout.sign_in_key.read_bytes())
    (layout.keys / "closed-accounts").write_text("")
    write_signing_keys(layout, _SERVICES)
    assert layout.closed_accounts.read_text() == "somebody"
