"""Opens the accounts of the sample city's staff on a first start, and shows their first logins: once."""

from collections.abc import Callable
from typing import Final

from chassis.caller import AssertionSigner
from kernel.ids import derived_id
from tools.stack.credentials import ISSUER
from tools.stack.layout import Layout

_ROLE: Final = "operator"


async def open_sample_staff(layout: Layout, access: str, say: Callable[[str], None]) -> None:
    """Opens what is missing, unless that was done before. Passwords are said, and kept nowhere."""
    from tools.staff.sample import open_accounts

    if layout.sample_staff_mark.exists():
        return
    signer = AssertionSigner(ISSUER, layout.issuer_key)
    token = signer.token(derived_id("staff", "sample-city"), None, [_ROLE])
    opened = await open_accounts(access, token, layout.tools_certificate)
    if opened:
        say("First logins of the sample city's staff, shown this once; each is changed at ./kem login:")
    for one in opened:
        where = one.agency or "the hub"
        say(f"  {one.login:<10} {one.one_time_password}   {one.roles.replace(' ', ', ')} at {where}")
    layout.sample_staff_mark.touch()
