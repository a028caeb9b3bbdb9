"""Explains the matches of a referral to the agency that sent it, as they would be decided now."""

from typing import Final

from chassis.access_records import AccessRecord
from chassis.caller import Caller
from chassis.postgres import Transaction
from kernel.errors import RuleBroken
from kernel.ids import ReferralId
from services.referral.adapters.stores import Stores
from services.referral.domain.calendar import holidays_around
from services.referral.domain.explanation import Explanation
from services.referral.domain.matching import MatchPolicy
from services.referral.domain.next_step import asks_the_person, closed_services
from services.referral.use_cases.answer_offer import referral_not_found
from services.referral.use_cases.explain_matches import ExcludedPage, explain_matches

METHOD: Final = "/kem.referral.v1.ReferralService/ExplainMatches"


class NothingKnown(RuleBroken):
    """The referral has ended, so what matching knew of the person is deleted."""

    reason = "PROFILE_DELETED"


async def explain_to_sender(
    referral_id: ReferralId, page: ExcludedPage, caller: Caller, tx: Transaction, stores: Stores
) -> Explanation:
    """What fits and why the rest does not.

    Raises:
        ReferralNotFound: another agency sent it.
        NothingKnown: it has ended.
    """
    referral = await stores.referrals.read(tx, referral_id)
    if referral is None or caller.agency_id is None or referral.sender_agency_id != caller.agency_id:
        raise referral_not_found()
    profile = (await stores.matches.profiles(tx, [referral_id])).get(referral_id)
    if profile is None:
        raise NothingKnown(
            "The referral has ended; what was known for matching is deleted.", referral_state=referral.state
        )
    offers = await stores.referrals.offers_of(tx, [referral_id])
    now = await tx.now()
    tx.record_access(AccessRecord("referral", METHOD, [referral_id]))
    return await explain_matches(
        profile,
        referral_id,
        page,
        permitted=None if asks_the_person(referral) else profile.permitted_agency_ids,
        declined=closed_services(referral, offers.get(referral_id, ())),
        policy=MatchPolicy(holidays=holidays_around(now)),
        now=now,
        tx=tx,
        directory=stores.directory,
    )
