"""The clients' own notes held against the databases: what the hub said yes to must be there, once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import asyncpg

from tools.demo.ledger import Ledger
from tools.demo.rest import last_sequences

# An acknowledged command and where its effect must stand, by the id that the client kept. Later steps may
# have followed: what is asked is whether this one happened.
_EFFECTS: Final = {
    "accept": "select offer_id from referral.offer where answered_time is not null",
    "assess": "select offer_id from referral.offer where answered_time is not null",
    "decline": "select offer_id from referral.offer where state = 'DECLINED'",
    "waitlist": "select offer_id from referral.offer where state = 'WAITLISTED'",
    "ask": "select offer_id from referral.offer where questions > 0",
    "provide_information": "select offer_id from referral.offer_note where kind = 'ANSWER'",
    "return": """select referral_id from referral.offer where state = 'RETURNED'""",
    "start": "select referral_id from referral.referral where started_time is not null",
    "complete": "select referral_id from referral.referral where state = 'COMPLETED'",
    "close": "select referral_id from referral.referral where state = 'NOT_COMPLETED'",
    "cancel": "select referral_id from referral.referral where state = 'CANCELLED'",
    "offer_to": "select referral_id from referral.referral where chosen_service_ids is not null",
}
_RECORDS: Final = {
    "people": "select beneficiary_id from intake.beneficiary",
    "consents": "select consent_id from intake.consent",
    "needs": "select need_id from intake.need",
    "disclosures": "select disclosure_id from intake.disclosure where outcome = 'GIVEN'",
}
_TOTALS: Final = """
    select count(*) as offers_sent,
           count(*) filter (where number > 1) as reoffered,
           count(*) filter (where state = 'EXPIRED') as expired,
           count(*) filter (where state = 'DECLINED') as declined,
           count(*) filter (where state = 'WAITLISTED') as waitlisted,
           count(*) filter (where state = 'RETURNED') as returned,
           count(*) filter (where questions > 0) as questions,
           count(*) filter (where answered_time is not null) as accepted
      from referral.offer where referral_id = any($1::uuid[])
"""
_DISCLOSED: Final = """
    select count(*) filter (where outcome = 'GIVEN') as given,
           count(*) filter (where outcome = 'REFUSED') as refused
      from intake.disclosure where referral_id = any($1::uuid[])
"""
_REFERRALS_OF_NEEDS: Final = """
    select need_id, count(*) as referrals from referral.referral where need_id = any($1::uuid[]) group by 1
"""
_OFFERS_DELIVERED: Final = """
    select delivery.offer_id from notifications.delivery
      join notifications.recipient using (recipient_id)
     where kind = 'ReferralOffered' and inbox = 'AGENCY' and referral_id = any($1::uuid[])
"""
_EXTRA: Final = """
    select (select count(*) from intake.need where beneficiary_id = any($1::uuid[])) as needs,
           (select count(*) from intake.consent where beneficiary_id = any($1::uuid[])) as consents
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was acknowledged and is not there, what is there more often than it was asked for."""

    lost: dict[str, int]
    doubled: dict[str, int]
    totals: dict[str, int]

    @property
    def all_lost(self) -> int:
        return sum(self.lost.values())

    @property
    def all_doubled(self) -> int:
        return sum(self.doubled.values())


async def verdict_of(connection: asyncpg.Connection, ledger: Ledger) -> Verdict:
    """Compares; `connection` reads every schema and changes nothing."""
    lost: dict[str, int] = {}
    doubled = ledger.doubles()
    kept = {
        "people": ledger.people,
        "consents": ledger.consents,
        "needs": set(ledger.needs),
        "disclosures": ledger.disclosures,
    }
    for name, ids in kept.items():
        lost[name] = len(ids - await _ids(connection, _RECORDS[name]))
    for verb, about in ledger.answers.items():
        lost[verb] = len(about - await _ids(connection, _EFFECTS[verb]))

    found = {
        str(row["need_id"]): row["referrals"]
        for row in await connection.fetch(_REFERRALS_OF_NEEDS, list(ledger.needs))
    }
    lost["referrals"] = len(ledger.needs) - len(found)
    doubled["referrals"] = sum(number - 1 for number in found.values())
    extra = await connection.fetchrow(_EXTRA, list(ledger.people))
    doubled["needs"] = max(0, extra["needs"] - len(ledger.needs))
    doubled["consents"] = max(0, extra["consents"] - len(ledger.consents))

    referral_ids = [need.referral_id for need in ledger.needs.values()]
    lost["deliveries"] = ledger.gaps() + ledger.not_arrived(await last_sequences(connection))
    lost["offers"] = len(
        _texts(await connection.fetch(_OFFERS_DELIVERED, referral_ids)) - set(ledger.offers_seen)
    )
    totals = dict(await connection.fetchrow(_TOTALS, referral_ids))
    disclosed = await connection.fetchrow(_DISCLOSED, referral_ids)
    totals |= {"disclosures": disclosed["given"], "disclosures_refused": disclosed["refused"]}
    return Verdict(lost, doubled, totals)


async def _ids(connection: asyncpg.Connection, query: str) -> set[str]:
    return _texts(await connection.fetch(query))


def _texts(rows: Iterable[asyncpg.Record]) -> set[str]:
    return {str(row[0]) for row in rows}
