"""An agency that comes over its own certificate, to the running service."""

import asyncio

import pytest

from chassis.certificates import Holder
from chassis.remote_errors import remote_refusals
from kernel.errors import NotAuthenticated
from kernel.ids import random_id
from tests.component.notifications.inbox_service import Client, InboxHub
from tests.support.hub_certificates import files_of
from tests.support.referral_facts import offered
from tools.certificates.registry import RevocationReason

ENDS_WITHIN_SECONDS = 5


async def test_a_subscribed_partner_whose_certificate_is_revoked_hears_nothing_more_within_five_seconds(
    hub: InboxHub, address: str
) -> None:
    agency = random_id()
    files = files_of(Holder.of_agency(agency))
    certificate = files.read_certificate()
    hub.certificates.add_issued(certificate, "SAMPLE")
    async with Client(hub, address, agency, files=files) as partner, Client(hub, address, agency) as other:
        stream, other_stream = await partner.subscribe(), await other.subscribe()
        await hub.tell(offered(agency), sender=random_id())
        assert [one.sequence for one in await stream.deliveries(1)] == [1]

        hub.certificates.revoke([certificate.serial], RevocationReason.KEY_COMPROMISED)
        with pytest.raises(NotAuthenticated) as caught, remote_refusals():
            await asyncio.wait_for(stream.deliveries(1), ENDS_WITHIN_SECONDS)
        assert caught.value.stable_reason == "CERTIFICATE_REVOKED"
        with pytest.raises(NotAuthenticated), remote_refusals():
            await partner.acknowledge(1)

        # nobody else is cut off, and nothing of the inbox is lost
        await hub.tell(offered(agency), sender=random_id())
        assert [one.sequence for one in await other_stream.deliveries(2)] == [1, 2]
