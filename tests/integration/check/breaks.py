"""How each invariant is broken by hand, and which of them must then say so."""

from tests.integration.check import (
    broken_consents,
    broken_deliveries,
    broken_disclosures,
    broken_emergencies,
    broken_logs,
    broken_merges,
    broken_places,
    broken_recalls,
    broken_referrals,
    broken_retention,
    broken_rights,
    broken_staff,
)

DROP_WALLS = """
    do $$ declare wall record; begin
        for wall in select conrelid::regclass as place, conname from pg_constraint where contype = 'c'
                    and connamespace::regnamespace::text in ('intake', 'referral', 'notifications', 'access')
        loop execute format('alter table %s drop constraint %I', wall.place, wall.conname); end loop;
    end $$;
    drop index referral.offer_open, referral.offer_taken_up;
"""

# what is broken, and the invariants that must say so: the first one, and those that cannot but notice too
BREAKS = [
    *broken_logs.BREAKS,
    *broken_referrals.BREAKS,
    *broken_places.BREAKS,
    *broken_deliveries.BREAKS,
    *broken_disclosures.BREAKS,
    *broken_consents.BREAKS,
    *broken_emergencies.BREAKS,
    *broken_rights.BREAKS,
    *broken_recalls.BREAKS,
    *broken_merges.BREAKS,
    *broken_retention.BREAKS,
    *broken_staff.BREAKS,
]
