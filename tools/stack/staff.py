"""Opens the accounts of the sample city's staff on a first start, and shows their first logins: once."""

from collections.abc import Callable
from typing import Final

from chassis.caller import AssertionSigner
from kernel.ids import derived_id
from tools.stack.credentials import ISSUER
from tools.stack.layout import Layout

_ROLE: Final = "operator"


async def open_sample_staff(
    layout: Layout, access: str, say: Callable[[str], None], *, is_watched: bool
) -> None:
    """Opens what is missing, unless that was done before.

    Args:
        is_watched: whether a person reads what is said, and nothing keeps it: one-time passwords are said
            then, and otherwise how to get one.
    """
    from tools.staff.sample import open_accounts

    if layout.sample_staff_mark.exists():
        return
    signer = AssertionSigner(ISSUER, layout.issuer_key)
    token = signer.token(derived_id("staff", "sample-city"), None, [_ROLE])
    opened = await open_accounts(access, token, layout.tools_certificate)
    if opened and is_watched:
        say("First logins of the sample city's staff, shown this once; each is changed at sign-in:")
        for one in opened:
            where = one.agency or "the hub"
            say(f"  {one.login:<10} {one.one_time_password}   {one.roles.replace(' ', ', ')} at {where}")
    elif opened:
        say(
            "The sample city's staff have accounts (./kem staff list). Their first logins are shown in a"
            " terminal only; ./kem staff reset LOGIN makes one."
        )
    layout.sample_staff_mark.touch()
