"""What the referral service has stored and told, read past its doors, and what must hold of it."""

from typing import Any
from uuid import UUID

from chassis import topics
from kem.intake.v1.eligibility_service_pb2 import NeedProfile
from kem.referral.v1.referral_events_pb2 import ReferralEvent
from kernel.codes import LAST_PRIORITY_GROUP
from services.referral.domain import referral_events
from services.referral.domain.replay import replay
from tests.support.intake_double import Need
from tests.support.superuser import Superuser


class StoredReferrals:
    """The service's schema, as a superuser sees it."""

    def __init__(self, superuser: Superuser) -> None:
        self.superuser = superuser

    def rows(self, query: str) -> list[list[str]]:
        """Rows of the schema as text."""
        return self.superuser.rows(query)

    def state(self, need: Need) -> str:
        return self.rows(f"select state from referral where referral_id = '{need.referral_id}'")[0][0]

    def states(self) -> dict[str, int]:
        return {
            state: int(count) for state, count in self.rows("select state, count(*) from referral group by 1")
        }

    def offer(self, need: Need, number: int | None = None) -> dict[str, str]:
        """The last offer of a referral, or the one with the number."""
        names = ("offer_id", "agency_id", "service_id", "state", "reason", "respond_by_time", "number")
        which = "true" if number is None else f"number = {number}"
        found = self.rows(
            f"select {', '.join(names)} from offer where referral_id = '{need.referral_id}' and {which}"
            " order by number desc limit 1"
        )
        return dict(zip(names, found[0], strict=True))

    def offer_to(self, need: Need) -> int:
        """The number of the agency with the last offer."""
        return UUID(self.offer(need)["agency_id"]).int - 0xA0000

    def facts(self, need: Need | None = None) -> list[ReferralEvent]:
        """What was told about a referral, in order."""
        which = f"topic = '{topics.REFERRAL}' and " + (f"key = '{need.referral_id}'" if need else "true")
        found = self.rows(f"select encode(payload, 'hex') from outbox where {which} order by id")
        return [ReferralEvent.FromString(bytes.fromhex(line[0])) for line in found]

    def told(self, need: Need) -> list[str]:
        """The names of the facts that were told about a referral, in order."""
        return [str(event.WhichOneof("fact")) for event in self.facts(need)]

    def check_history(self) -> None:
        """What was told of each referral, folded again, is what is stored."""
        facts: dict[str, list[Any]] = {}
        versions: dict[str, int] = {}
        for event in self.facts():
            facts.setdefault(event.referral_id, []).append(domain_fact(event))
            assert event.aggregate_version == versions.get(event.aggregate_id, 0) + 1
            versions[event.aggregate_id] = event.aggregate_version
        for referral_id, state, version in self.rows("select referral_id, state, version from referral"):
            standing = replay(facts.get(referral_id, ()))
            assert standing.referral == state
            assert versions.get(referral_id, 0) == int(version)
            offers = self.rows(f"select offer_id, state from offer where referral_id = '{referral_id}'")
            stored = {one: offer_state for one, offer_state in offers}  # noqa: C416 - dict() has no such type
            assert {str(one): told for one, told in standing.offers.items()} == stored

    def check_counters(self) -> None:
        """Both counters of every unit equal counts of rows."""
        wrong = self.rows(
            """
            select c.unit_id, c.reserved, c.occupied, held.reserved, held.occupied
            from capacity c cross join lateral (
                select count(*) filter (where o.state in ('SENT', 'NEEDS_INFORMATION')) as reserved,
                    count(*) filter (
                        where o.state in ('ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED')
                        and r.state in ('ACCEPTED_FOR_ASSESSMENT', 'ACCEPTED', 'IN_SERVICE')
                    ) as occupied
                from offer o join referral r using (referral_id) where o.unit_id = c.unit_id
            ) held
            where (c.reserved, c.occupied) is distinct from (held.reserved, held.occupied)
            """
        )
        assert wrong == []

    def check_lists(self) -> None:
        """Whoever waits stands on a list, by the urgency, the group and the time that are known of them."""
        missing = self.rows(
            "select referral_id from referral where state = 'WAITLISTED' and referral_id not in"
            " (select referral_id from waitlist_entry)"
        )
        assert missing == []
        entries = self.rows(
            """
            select (e.urgency, e.since_time) = (r.urgency, r.recorded_time), e.priority_group,
                encode(p.profile, 'hex')
            from waitlist_entry e join referral r using (referral_id) join need_profile p using (referral_id)
            where r.state = 'WAITLISTED'
            """
        )
        for is_the_referrals, group, profile in entries:
            assert is_the_referrals == "True"
            told = NeedProfile.FromString(bytes.fromhex(profile)).priority_group
            assert int(group) == (told or LAST_PRIORITY_GROUP)


def domain_fact(event: ReferralEvent) -> Any:
    """The fact as the domain knows it, as far as a replay asks."""
    message = getattr(event, str(event.WhichOneof("fact")))
    kind = getattr(referral_events, type(message).__name__)
    return kind(**{name: getattr(message, name, None) for name in kind.__dataclass_fields__})
