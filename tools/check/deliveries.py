"""Deliveries: dense, once each, and nobody forgotten."""

from typing import Final

from tools.check.invariant import Finding, Invariant, Snapshot

_OWN: Final = ("notifications",)
_BOTH: Final = ("notifications", "referral")
_DELIVERIES: Final = "select count(*) from notifications.delivery"

_ALL: Final = ("notifications", "referral", "intake")

_WITHIN_REACH: Final = """
      -- older ones may have been deleted because of their age
      and (e.event_time > clock_timestamp() - interval '7 days'
           or not exists (select from notifications.recipient where forgotten_sequence > 0))
"""
_TAKEN: Final = f"""
    referral.event_log e join notifications.inbox i using (event_id)
    where e.topic = 'kem.referral.v1' {_WITHIN_REACH}
"""
_SIDES_OF_RECALLS: Final = f"""
    intake.event_log e join notifications.inbox i using (event_id)
    join intake.recall asked on asked.recall_id = e.aggregate_id
    cross join lateral (values ('AGENCY', asked.agency_id), ('DESK', asked.owner_agency_id))
        side (inbox, agency_id)
    where e.topic = 'kem.disclosure.v1' and e.type in ('RecallOpened', 'RecallOverdue', 'RecallAcknowledged')
    {_WITHIN_REACH}
"""

INVARIANTS: Final = (
    Invariant(
        "I2-dense-deliveries",
        "The deliveries of an inbox are 1, 2, 3 … without a gap up to its last, but for those forgotten",
        _OWN,
        _DELIVERIES,
        """
        select coalesce(r.recipient_id, d.recipient_id) || ': last ' || coalesce(r.last_sequence, 0)
               || ', deliveries ' || coalesce(d.deliveries, 0)
        from notifications.recipient r
        full join (select recipient_id, count(*) as deliveries, min(sequence) as first, max(sequence) as last
                   from notifications.delivery group by 1) d using (recipient_id)
        where coalesce(d.deliveries, 0) <> coalesce(r.last_sequence - r.forgotten_sequence, 0)
           or d.first <> r.forgotten_sequence + 1 or d.last <> r.last_sequence
        """,
    ),
    Invariant(
        "I2-delivered-once",
        "A fact lies in an inbox once",
        _OWN,
        _DELIVERIES,
        """
        select recipient_id || ' ' || event_id from notifications.delivery
        group by recipient_id, event_id having count(*) > 1
        """,
    ),
    Invariant(
        "I2-only-facts-are-delivered",
        "Each delivery tells of a logged fact about the same referral, or about a recall for it",
        _ALL,
        _DELIVERIES,
        """
        select d.delivery_id from notifications.delivery d
        left join referral.event_log e
          on e.event_id = d.event_id and e.key = d.referral_id and e.type = d.kind
        left join intake.event_log told
          on told.event_id = d.event_id and told.type = d.kind
             and told.aggregate_id in (select recall_id from intake.recall
                                       where recall.referral_id = d.referral_id)
        where d.agency_id is not null and e.event_id is null and told.event_id is null
          and d.kind <> 'CheckpointGiven'
        union all
        -- officers are told by facts, of no case, and by the clock of what is due
        select d.delivery_id from notifications.delivery d
        where d.agency_id is null
          and d.kind not in ('RightsRequestDueSoon', 'RightsRequestOverdue', 'ComplaintOverdue')
          and not exists (
              select from intake.event_log told where told.event_id = d.event_id and told.type = d.kind)
        """,
    ),
    Invariant(
        "I1-every-change-reaches-the-desk",
        "Each fact that notifications has taken lies in the inbox of the sender's desk; of an end of waiting"
        " it hears by what came instead",
        _BOTH,
        f"select count(*) from {_TAKEN} and e.type <> 'WaitingEnded'",
        f"""
        select e.type || ' ' || e.event_id from {_TAKEN} and e.type <> 'WaitingEnded' and not exists (
            select from notifications.delivery d join notifications.recipient r using (recipient_id)
            where d.event_id = e.event_id and r.inbox = 'DESK')
        """,
    ),
    Invariant(
        "I1-every-offer-reaches-its-agency",
        "Each offer, and each end of waiting, that notifications has taken lies in the inbox of its agency",
        _BOTH,
        f"select count(*) from {_TAKEN} and e.type in ('ReferralOffered', 'WaitingEnded')",
        f"""
        select e.type || ' ' || e.event_id
        from {_TAKEN} and e.type in ('ReferralOffered', 'WaitingEnded') and not exists (
            select from notifications.delivery d join notifications.recipient r using (recipient_id)
            join referral.offer o on o.offer_id = d.offer_id
            where d.event_id = e.event_id and r.inbox = 'AGENCY' and r.agency_id = o.agency_id)
        """,
    ),
    Invariant(
        "I1-every-recall-reaches-both-sides",
        "Each recall, its being overdue and its answer, as notifications has taken them, lie in the inbox of"
        " the agency that must answer and in that of the desk",
        _ALL,
        f"select count(*) from {_SIDES_OF_RECALLS}",
        f"""
        select side.inbox || ' ' || e.type || ' ' || e.event_id from {_SIDES_OF_RECALLS} and not exists (
            select from notifications.delivery d join notifications.recipient r using (recipient_id)
            where d.event_id = e.event_id and d.referral_id = asked.referral_id
              and r.inbox = side.inbox and r.agency_id = side.agency_id)
        """,
    ),
    Invariant(
        "I11-no-agency-hears-of-anothers-offer",
        "An agency's inbox tells of its own offers and recalls only, a desk's of referrals that it sent",
        _ALL,
        _DELIVERIES,
        """
        select d.delivery_id from notifications.delivery d
        join notifications.recipient r using (recipient_id)
        left join referral.offer o on o.offer_id = d.offer_id
        left join referral.referral f on f.referral_id = d.referral_id
        left join intake.event_log told on told.event_id = d.event_id
        left join intake.recall asked on asked.recall_id = told.aggregate_id
        where (r.inbox = 'AGENCY' and coalesce(o.agency_id, asked.agency_id) <> r.agency_id)
           or (r.inbox = 'DESK' and f.sender_agency_id <> r.agency_id)
           or d.agency_id <> r.agency_id
        """,
    ),
)


async def deliveries(snapshot: Snapshot) -> list[Finding]:
    """Between referral, intake and notifications."""
    return await snapshot.test(INVARIANTS)
