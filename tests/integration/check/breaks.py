"""How each invariant is broken by hand, and which of them must then say so."""

from kem.referral.v1 import referral_events_pb2 as facts
from kernel.ids import derived_id
from tests.integration.check.healthy_hub import (
    ACCEPTED,
    ASKED_FIRST,
    DECLINED,
    EARLIER,
    HANDOVER,
    HOLDER,
    JUST_AFTER,
    LATER,
    NEEDS,
    OPEN,
    OTHER_UNIT,
    R1,
    R2,
    R3,
    R4,
    UNIT,
)
from tests.integration.check.healthy_rights import ERASED

DROP_WALLS = """
    do $$ declare wall record; begin
        for wall in select conrelid::regclass as place, conname from pg_constraint where contype = 'c'
                    and connamespace::regnamespace::text in ('intake', 'referral', 'notifications', 'access')
        loop execute format('alter table %s drop constraint %I', wall.place, wall.conname); end loop;
    end $$;
    drop index referral.offer_open, referral.offer_taken_up;
"""

_AN_EVENT = (
    "insert into {schema}.event_log (position, event_id, topic, partition, key, aggregate_id,"
    " aggregate_version, type, event_time, payload) "
)

# what is broken, and the invariants that must say so: the first one, and those that cannot but notice too
BREAKS = [
    (
        "update intake.event_log set position = 90 where position = 2",
        {"I15-dense-positions", "I15-log-is-whole"},
    ),
    ("update referral.publication set logged_position = 40", {"I15-log-is-whole"}),
    (
        f"update referral.event_log set aggregate_version = 7 where aggregate_id = '{R1}'"
        " and type = 'ReferralAccepted'",
        {"I15-order-within-aggregate"},
    ),
    (
        "alter table intake.event_log drop constraint event_log_event_id_key;"
        + _AN_EVENT.format(schema="intake")
        + "select 90, event_id, topic, partition, key, aggregate_id, 2, type, event_time, payload"
        " from intake.event_log where position = 1",
        {"I2-one-event-per-id", "I15-dense-positions", "I15-log-is-whole"},
    ),
    (
        "insert into referral.inbox values ('referral', gen_random_uuid())",
        {"I2-only-logged-events-are-read"},
    ),
    (
        "delete from notifications.inbox where event_id ="
        " (select event_id from referral.event_log where type = 'ReferralAwaitingPerson')",
        {"I1-nothing-is-passed-over"},
    ),
    (
        'insert into notifications.dead_letter (consumer, source, topic, partition, "offset", position,'
        " event_id, key, type, payload, payload_bytes, reason, tries)"
        " values ('notifications', 'referral', 'x', 0, 1, 1, gen_random_uuid(), '', 'x', '', 0,"
        " 'MALFORMED', 6)",
        {"I12-dead-letters-within-bounds"},
    ),
    (
        f"update intake.event_log set aggregate_id = gen_random_uuid() where aggregate_id = '{NEEDS[2]}'",
        {"I1-each-need-is-told"},
    ),
    (
        f"delete from referral.referral where referral_id = '{R3}'",
        {"I1-each-need-has-its-referral"},
    ),
    (
        f"update referral.referral set beneficiary_id = gen_random_uuid() where referral_id = '{R3}'",
        {"I1-each-referral-has-its-need"},
    ),
    (
        f"update intake.event_log set type = 'NeedWithdrawn' where aggregate_id = '{NEEDS[2]}'",
        {"I1-a-withdrawn-need-ends", "I1-each-need-is-told"},
    ),
    (
        'insert into referral.offer select (jsonb_populate_record(o, \'{"offer_id":'
        f' "{derived_id("check", "second")}", "number": 9}}\')).* from referral.offer o'
        f" where offer_id = '{OPEN}'",
        {
            "I2-one-open-offer",
            "I4-reserved-is-open-offers",
            "I5-tables-agree-with-the-log",
            "I13-each-open-offer-has-its-clock",
        },
    ),
    (
        f"update referral.referral set state = 'MATCHING' where referral_id = '{R2}'",
        {"I2-offered-means-an-open-offer", "I5-tables-agree-with-the-log"},
    ),
    (
        f"update referral.offer set state = 'ACCEPTED' where offer_id = '{DECLINED}'",
        {"I3-one-accepted-offer", "I4-occupied-is-held-referrals", "I5-tables-agree-with-the-log"},
    ),
    (
        f"update referral.referral set holder_agency_id = '{ASKED_FIRST}' where referral_id = '{R1}'",
        {"I3-the-holder-accepted"},
    ),
    (
        f"update referral.event_log set aggregate_id = '{R3}', aggregate_version = 2"
        " where type = 'OfferDeclined'",
        {"I3-the-others-are-told", "I15-order-within-aggregate"},
    ),
    (
        f"update referral.capacity set reserved = -1 where unit_id = '{OTHER_UNIT}'",
        {"I4-never-negative", "I4-reserved-is-open-offers"},
    ),
    (
        f"update referral.capacity set reserved = 2 where unit_id = '{UNIT}'",
        {"I4-reserved-is-open-offers"},
    ),
    (
        f"update referral.capacity set occupied = 0 where unit_id = '{UNIT}'",
        {"I4-occupied-is-held-referrals"},
    ),
    (f"update referral.capacity set places = 1 where unit_id = '{UNIT}'", {"I4-never-exceeded"}),
    (
        f"delete from referral.waitlist_entry where referral_id = '{R4}'",
        {"I4-whoever-waits-stands-on-a-list"},
    ),
    (
        f"update referral.waitlist_entry set since_time = '{LATER}' where referral_id = '{R4}'",
        {"I4-whoever-waits-stands-on-a-list"},
    ),
    (
        f"update referral.waitlist_entry set priority_group = 1 where referral_id = '{R4}'",
        {"I4-lists-keep-the-published-groups"},
    ),
    (
        f"update referral.offer set respond_by_time = now() - interval '5 minutes' where offer_id = '{OPEN}'",
        {"I13-no-offer-outlives-its-window"},
    ),
    (
        "update referral.deadline set due_time = due_time + interval '1 hour'",
        {"I13-each-open-offer-has-its-clock"},
    ),
    (
        f"update referral.offer set state = 'EXPIRED' where offer_id = '{DECLINED}'",
        {"I13-no-offer-expires-early", "I3-the-others-are-told", "I5-tables-agree-with-the-log"},
    ),
    (
        f"update referral.offer set answered_time = '{LATER}' where offer_id = '{ACCEPTED}'",
        {"I13-no-late-answer-counts", "I11-only-to-who-took-it-up"},
    ),
    ("delete from referral.deadline", {"I13-each-open-offer-has-its-clock"}),
    ("update notifications.delivery set sequence = 90 where sequence = 2", {"I2-dense-deliveries"}),
    (
        "update notifications.delivery set event_id = (select event_id from notifications.delivery"
        " where sequence = 1 limit 1)",
        {
            "I2-delivered-once",
            "I2-only-facts-are-delivered",
            "I1-every-change-reaches-the-desk",
            "I1-every-offer-reaches-its-agency",
        },
    ),
    (
        "update notifications.delivery set kind = 'OfferRevoked' where kind = 'OfferDeclined'",
        {"I2-only-facts-are-delivered"},
    ),
    (
        "update notifications.recipient set inbox = 'OTHER' where inbox = 'DESK'",
        {"I1-every-change-reaches-the-desk"},
    ),
    (
        f"update notifications.recipient set inbox = 'OTHER' where inbox = 'AGENCY'"
        f" and agency_id = '{HOLDER}'",
        {"I1-every-offer-reaches-its-agency"},
    ),
    (
        f"update notifications.recipient set agency_id = gen_random_uuid() where agency_id = '{HOLDER}'",
        {"I11-no-agency-hears-of-anothers-offer", "I1-every-offer-reaches-its-agency"},
    ),
    (
        "update intake.disclosure set given_mask = 15, asked_mask = 15 where kind = 'PULLED'",
        {"I6-permitted-when-given", "I19-what-ended-is-asked-back"},
    ),
    (
        "update intake.disclosure set given_mask = 1 where kind = 'PULLED'",
        {"I6-permitted-when-given", "I19-a-recall-is-of-what-was-given"},
    ),
    *(
        (
            "insert into intake.disclosure select (jsonb_populate_record(d, jsonb_build_object("
            "'disclosure_id', gen_random_uuid(), 'request_id', gen_random_uuid(), 'outcome', 'REFUSED',"
            f" 'given_mask', 0, 'cell_ids', '[]'::jsonb, 'refusal_reason', '{reason}'))).*"
            " from intake.disclosure d where kind = 'PULLED'",
            {"I6-refused-for-its-reason", "I8-each-disclosure-is-told"},
        )
        for reason in (
            "CONSENT_NOT_IN_FORCE",
            "NO_AGREEMENT",
            "NEED_WITHDRAWN",
            "BENEFICIARY_ERASED",
            "CONSENT_FROZEN",
        )
    ),
    ("update access.account set state = 'LOCKED'", {"I16-who-is-out-has-no-session"}),
    ("update access.account set version = version + 1", {"I16-every-right-was-told"}),
    (
        "update intake.agreement_version set categories = 1",
        {"I6-covered-by-an-agreement", "I6-permitted-when-given"},
    ),
    (
        "update intake.disclosure set for_assessment = true, given_mask = 8 where kind = 'PULLED'",
        {"I6-an-assessment-sees-little", "I6-permitted-when-given", "I19-what-ended-is-asked-back"},
    ),
    ("update intake.needed_categories set mask = 15", {"I6-needs-are-as-the-officer-set-them"}),
    ("update intake.grant_cell set categories = 8191", {"I6-cells-are-what-was-signed"}),
    (
        f"update intake.grant_cell set withdrawn_time = '{EARLIER}', withdrawn_event_id = gen_random_uuid()",
        {
            "I7-nothing-after-withdrawal",
            "I7-no-offer-outlives-its-consent",
            "I6-cells-are-what-was-signed",
        },
    ),
    (
        # a withdrawal closed the cell, and by hand it was opened again
        "insert into intake.consent_event select (jsonb_populate_record(e, jsonb_build_object("
        "'consent_event_id', gen_random_uuid(), 'sequence', 2, 'state', 'WITHDRAWN',"
        " 'recorded_time', now()))).* from intake.consent_event e where e.sequence = 1",
        {"I6-cells-are-what-was-signed", "I19-what-ended-is-asked-back"},
    ),
    (
        "insert into intake.consent_freeze (consent_freeze_id, beneficiary_id, frozen_by_agency_id,"
        " frozen_by_principal_id, frozen_time, sealed_words) select gen_random_uuid(), beneficiary_id,"
        " gen_random_uuid(), gen_random_uuid(), disclosed_time, '' from intake.disclosure limit 1",
        {"I6-permitted-when-given", "I7-no-offer-outlives-its-consent"},
    ),
    ("delete from intake.notice_text", {"I6-a-notice-was-published-before"}),
    (
        "update intake.agreement set purposes = '{SERVICE_LEGAL}'",
        {"I7-no-offer-outlives-its-agreement"},
    ),
    (
        # the period ended by itself, just after the disclosure, and nobody was reminded
        f"update intake.consent set valid_until_time = '{JUST_AFTER}';"
        f"update intake.grant_cell set valid_until_time = '{JUST_AFTER}'",
        {"I7-no-offer-outlives-its-consent", "I19-what-ended-is-asked-back"},
    ),
    (
        "insert into intake.consent_event select (jsonb_populate_record(e, jsonb_build_object("
        "'consent_event_id', gen_random_uuid(), 'sequence', 2, 'state', 'WITHDRAWN',"
        f" 'recorded_time', '{EARLIER}'))).* from intake.consent_event e where e.sequence = 1",
        {"I6-permitted-when-given", "I6-cells-are-what-was-signed", "I19-what-ended-is-asked-back"},
    ),
    (
        "insert into intake.consent_grant select (jsonb_populate_record(g,"
        ' \'{"line": 2, "effect": "DENY", "categories": 4}\')).* from intake.consent_grant g',
        {"I6-permitted-when-given", "I6-cells-are-what-was-signed"},
    ),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid() where type = 'DisclosureGiven'",
        {"I8-each-disclosure-is-told"},
    ),
    (
        f"update intake.disclosure set agency_id = '{ASKED_FIRST}' where kind = 'PULLED'",
        {
            "I11-only-to-who-took-it-up",
            "I6-permitted-when-given",
            "I6-covered-by-an-agreement",
            "I19-what-ended-is-asked-back",
            "I19-a-recall-is-of-what-was-given",
        },
    ),
    (
        "update intake.emergency_review set reviewed_by_principal_id = involved_principal_ids[1]"
        " where finding is not null",
        {"I17-vital-interest-is-reviewed"},
    ),
    (
        "update intake.emergency_access set valid_until_time = requested_time, authorised_mask = 16",
        {"I17-emergency-access-was-authorised"},
    ),
    (
        "update intake.compelled_request set state = 'REFUSED'",
        {"I17-compelled-by-a-decision"},
    ),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid() where type = 'AuthorityNotified'",
        {"I17-authorities-are-on-record"},
    ),
    (
        "update intake.emergency_access set requested_by_principal_id = decided_by_principal_id",
        {"I17-emergency-access-was-authorised"},
    ),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid() where type = 'EmergencyAccessDecided'",
        {"I17-each-access-is-told"},
    ),
    (
        "insert into intake.consent_grant select (jsonb_populate_record(g,"
        ' \'{"line": 2, "effect": "DENY", "categories": 8, "purpose": "SERVICE_LEGAL"}\')).*'
        " from intake.consent_grant g",
        {"I17-who-is-excluded-stays-excluded", "I6-cells-are-what-was-signed"},
    ),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid() where type = 'EmergencyReviewed'",
        {"I17-each-review-is-told"},
    ),
    (
        f"update intake.disclosure set told_by_agency_id = '{HOLDER}' where kind = 'VERBAL'",
        {"I17-told-by-the-sender"},
    ),
    (
        f"update intake.disclosure set referral_id = '{R2}' where kind = 'VERBAL'",
        {"I17-a-hand-over-ends-the-offer"},
    ),
    (
        "update intake.rights_request set due_time = due_time + interval '1 hour'",
        {"I18-each-rights-request-has-its-day"},
    ),
    (
        "update intake.rights_request set extension_told_time = '2025-10-01'"
        " where extension_told_time is not null",
        {"I18-each-rights-request-has-its-day"},
    ),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid() where type = 'RightsRequestAnswered'",
        {"I18-each-rights-request-is-told"},
    ),
    (
        "update intake.rights_request set protection_mask = 0",
        {"I18-protection-data-by-decision"},
    ),
    (
        "update intake.disclosure set beneficiary_id = gen_random_uuid() where kind = 'SUBJECT'",
        {"I18-a-person-is-given-by-their-request"},
    ),
    (
        "update intake.complaint set due_time = due_time + interval '1 day'",
        {"I18-each-complaint-has-its-day"},
    ),
    (
        f"update intake.beneficiary set erased_time = null where beneficiary_id = '{ERASED}'",
        {"I18-erased-when-it-was-said"},
    ),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid() where type = 'RightsErasureDone'",
        {"I18-erased-when-it-was-said"},
    ),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid() where type = 'ComplaintAnswered'",
        {"I18-each-complaint-is-told"},
    ),
    (
        "delete from intake.recalled_disclosure; delete from intake.recall",
        {"I19-what-ended-is-asked-back"},
    ),
    (
        "update intake.beneficiary set erased_time = now()",
        {"I19-what-ended-is-asked-back"},
    ),
    (
        f"update intake.recalled_disclosure set disclosure_id = '{HANDOVER}'",
        {"I19-a-recall-is-of-what-was-given", "I19-what-ended-is-asked-back"},
    ),
    (
        "update intake.recall set kept_mask = 0",
        {"I19-an-answer-covers-what-was-given"},
    ),
    (
        "update intake.recall set kept_ground = ''",
        {"I19-an-answer-covers-what-was-given"},
    ),
    (
        "update intake.recalled_disclosure set is_in_between = true",
        {"I19-what-was-given-in-between-is-said"},
    ),
    (
        "update intake.event_log set aggregate_id = gen_random_uuid() where type = 'RecallAcknowledged'",
        {"I19-each-recall-is-told"},
    ),
]

# facts that should never follow: (referral, aggregate, fact), and what must notice
ILLEGAL_FACTS = [
    (R3, facts.ServiceStarted(agency_id=str(HOLDER)), {"I5-legal-steps"}),
    (
        R1,
        facts.ReferralOffered(offer_id=str(ACCEPTED), agency_id=str(HOLDER)),
        {"I5-legal-steps", "I5-legal-offers"},
    ),
    (R1, facts.ReferralAwaitingPerson(cause="LIST_ENDED"), {"I5-legal-steps"}),
    (R2, facts.OfferExpired(offer_id=str(DECLINED)), {"I5-legal-offers"}),
    (
        R3,
        facts.ReferralRematched(cause="PLACE_FREED"),
        {"I5-tables-agree-with-the-log"},
    ),
    (R3, facts.GapRecorded(sector="PROTECTION"), {"I11-restricted-stays-unnamed"}),
]
