"""Fills the directory of a new stack with the sample city, once."""

import time
from collections.abc import Callable

from chassis.caller import AssertionSigner
from kernel.ids import derived_id
from tools.stack.credentials import ISSUER
from tools.stack.layout import Layout


async def load_sample_city(layout: Layout, referral: str, intake: str, say: Callable[[str], None]) -> None:
    """Loads what is missing, unless this database was filled before: later edits stay as they are."""
    from tools import sample_city

    if layout.sample_city_mark.exists():
        return
    began = time.monotonic()
    signer = AssertionSigner(ISSUER, layout.issuer_key)
    token = signer.token(
        derived_id("staff", "sample-city"), None, list(sample_city.ROLES), lifetime_seconds=3600
    )
    loaded = await sample_city.load(referral, intake, token, layout.tools_certificate)
    layout.sample_city_mark.touch()
    say(
        f"The sample city is loaded: {loaded.agencies} agencies, {loaded.services} services,"
        f" {loaded.activities} activities ({time.monotonic() - began:.1f} s)."
    )
