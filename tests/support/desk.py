"""What KEM's desk has before it: somebody's need that waits for their choice of a provider."""

from typing import Any
from uuid import uuid4

from kem.intake.v1 import intake_service_pb2 as intake
from kem.intake.v1 import need_pb2
from kem.intake.v1.beneficiary_pb2 import ORIGIN_KEM_DESK
from kem.referral.v1 import referral_service_pb2 as rpc
from kem.referral.v1.referral_pb2 import REFERRAL_STATE_AWAITING_PERSON
from tests.support.pages import Browser, Shown
from tests.support.partner_agency import NORMAL, PartnerAgency, until


async def to_choose(agency: PartnerAgency, person: str, urgency: int = NORMAL) -> str:
    """A need of the person for what the agency does, for which providers are found; answers the referral."""
    need = need_pb2.NewNeed(
        beneficiary_id=person,
        service_type=agency.service.service_type,
        urgency=urgency,  # type: ignore[arg-type]  # a number of the enumeration
        routing=need_pb2.ROUTING_ASK_FIRST,
        origin=ORIGIN_KEM_DESK,
    )
    recorded = await agency.hub.intake.RecordNeeds(
        intake.RecordNeedsRequest(request_id=str(uuid4()), needs=[need]), metadata=agency.desk.credentials()
    )
    referral_id = str(recorded.needs[0].referral_id)

    async def waits() -> bool:
        request = rpc.ListReferralsRequest(view=rpc.REFERRAL_VIEW_SENT, referral_ids=[referral_id])
        listed = await agency.hub.referral.ListReferrals(request, metadata=agency.desk.credentials())
        return any(one.state == REFERRAL_STATE_AWAITING_PERSON for one in listed.referrals)

    await until(waits)
    return referral_id


def page_of(agency: PartnerAgency, referral_id: str) -> str:
    """The address at the desk of a referral of the person whom the agency knows last."""
    return f"/desk/people/{agency.people[-1]}/referrals/{referral_id}"


async def choose(browser: Browser, page: Shown, service_id: str, **others: Any) -> Shown:
    """Asks this one alone."""
    [action] = [form.action for form in page.forms if form.action.endswith("/offer")]
    names = page.form(action).names
    wanted = f"order_{service_id}"
    orders = {name: "" for name in names if name.startswith("order_")}
    chosen = {wanted: "1"} if wanted in names else {"other": service_id}
    return await browser.fill_in(page, action, orders | chosen | others)
