"""Every past disclosure, decided again from what people had signed: given exactly that, refused rightly."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from tools.check.invariant import Finding, Snapshot
from tools.check.paths import Broken
from tools.check.signed import Line, Person, Said, is_frozen, permitted

_PEOPLE_AT_ONCE: Final = 1_000
# what rests on a vital interest or on a duty is judged in emergencies.py
_DECIDED: Final = """
    d.kind in ('PULLED', 'VERBAL') and not 'VITAL_INTEREST' = any(d.legal_bases)
    and d.beneficiary_id is not null
"""
_PEOPLE: Final = f"""
    select distinct d.beneficiary_id from intake.disclosure d
    where {_DECIDED} and ($1::uuid is null or d.beneficiary_id > $1) order by 1 limit {_PEOPLE_AT_ONCE}
"""
_DISCLOSURES: Final = f"""
    select d.disclosure_id, d.beneficiary_id, d.agency_id, d.purpose, d.kind, d.refusal_reason, d.asked_mask,
        d.given_mask, d.disclosed_time, p.erased_time, n.withdrawn_time, a.categories, a.purposes,
        a.valid_from_time, a.valid_until_time,
        d.refusal_reason = 'CORRECTED_SINCE' and exists (
            select from intake.disclosure e join intake.correction c using (beneficiary_id)
            where e.principal_id = d.principal_id and e.request_id = d.request_id and e.outcome = 'GIVEN'
              and c.corrected_time > e.disclosed_time and c.corrected_time <= d.disclosed_time
              and c.corrected_mask & e.given_mask <> 0) as is_corrected
    from intake.disclosure d
    join intake.beneficiary p using (beneficiary_id)
    left join intake.need n on n.need_id = d.need_id
    left join lateral (
        select * from intake.agreement_version v
        where v.agency_id = d.agency_id and v.saved_time <= d.disclosed_time
        order by v.version desc limit 1) a on true
    where {_DECIDED} and d.beneficiary_id = any($1)
"""
_SAID: Final = """
    select e.beneficiary_id, e.sequence, e.state, e.recorded_time, e.consent_id, e.agency_id,
        c.valid_from_time, c.valid_until_time, e.happened_time
    from intake.consent_event e left join intake.consent c on c.consent_id = e.consent_id
    where e.beneficiary_id = any($1)
"""
_LINES: Final = """
    select g.consent_id, g.agency_id, g.purpose, g.categories, g.legal_basis, g.effect = 'PERMIT' as is_permit
    from intake.consent_grant g join intake.consent c using (consent_id) where c.beneficiary_id = any($1)
"""
_FROZEN: Final = """
    select beneficiary_id, frozen_time, lifted_time from intake.consent_freeze
    where beneficiary_id = any($1)
"""
_OTHERS: Final = """
    select beneficiary_id, other_id, merged_time, unmerged_time from intake.same_person
    where beneficiary_id = any($1)
"""


async def second_opinion(snapshot: Snapshot) -> list[Finding]:
    """Reads people page by page, so that memory does not grow with the hub."""
    given = Broken(
        "I6-permitted-when-given",
        "What was given is exactly what was signed for and covered then; by telephone it is no more",
    )
    refused = Broken(
        "I6-refused-for-its-reason",
        "Whoever was refused for consent, agreement, need, erasure or correction was so rightly",
    )
    if not snapshot.has("intake"):
        return []
    async for rows, people in _pages(snapshot):
        for row in rows:
            person = people[row["beneficiary_id"]]
            if not row["refusal_reason"]:
                given.test(_rightly_given(row, person), str(row["disclosure_id"]))
            elif (rightly := _REASONS.get(row["refusal_reason"])) is not None:
                refused.test(rightly(row, person), str(row["disclosure_id"]))
    return [given.finding(), refused.finding()]


async def _pages(snapshot: Snapshot) -> AsyncIterator[tuple[Sequence[Any], dict[UUID, Person]]]:
    after = None
    while ids := [row["beneficiary_id"] for row in await snapshot.fetch(_PEOPLE, after)]:
        after = ids[-1]
        pairs = await snapshot.fetch(_OTHERS, ids)
        records = await _records(snapshot, list({*ids, *(pair["other_id"] for pair in pairs)}))
        others = defaultdict(list)
        for pair in pairs:
            others[pair["beneficiary_id"]].append(
                (records[pair["other_id"]], pair["merged_time"], pair["unmerged_time"])
            )
        yield (
            await snapshot.fetch(_DISCLOSURES, ids),
            {person: replace(records[person], others=others[person]) for person in ids},
        )


async def _records(snapshot: Snapshot, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """What was said on each record by itself."""
    lines = defaultdict(list)
    for row in await snapshot.fetch(_LINES, ids):
        lines[row["consent_id"]].append(Line(*list(row.values())[1:]))
    said = defaultdict(list)
    for row in await snapshot.fetch(_SAID, ids):
        fields = {name: value for name, value in row.items() if name != "beneficiary_id"}
        said[row["beneficiary_id"]].append(Said(**fields, lines=tuple(lines[row["consent_id"]])))
    frozen = defaultdict(list)
    for row in await snapshot.fetch(_FROZEN, ids):
        frozen[row["beneficiary_id"]].append((row["frozen_time"], row["lifted_time"]))
    return {person: Person(said[person], frozen[person]) for person in ids}


def _rightly_given(row: Any, person: Person) -> bool:
    right = _right_mask(row, person)
    given: int = row["given_mask"]
    return given & ~right == 0 if row["kind"] == "VERBAL" else given == right


def _right_mask(row: Any, person: Person) -> int:
    """As far as it was asked for, and as the agreement of that day covers it."""
    if not _is_covered(row, person):
        return 0
    mask = permitted(person, row["agency_id"], row["purpose"], row["disclosed_time"])
    return int(mask & row["asked_mask"] & row["categories"])


def _is_covered(row: Any, _: Person) -> bool:
    return (
        row["categories"] is not None
        and row["purpose"] in row["purposes"]
        and row["valid_from_time"] <= row["disclosed_time"] < row["valid_until_time"]
    )


_REASONS: Final[dict[str, Callable[[Any, Person], bool]]] = {
    "NEED_WITHDRAWN": lambda row, _: (
        row["withdrawn_time"] is not None and row["withdrawn_time"] <= row["disclosed_time"]
    ),
    "NO_AGREEMENT": lambda row, person: not _is_covered(row, person),
    "CONSENT_NOT_IN_FORCE": lambda row, person: _right_mask(row, person) == 0,
    "CONSENT_FROZEN": lambda row, person: is_frozen(person, row["disclosed_time"]),
    "CORRECTED_SINCE": lambda row, _: row["is_corrected"],
    "BENEFICIARY_ERASED": lambda row, _: row["erased_time"] is not None,
}
"""Who holds a referral is referral's to say, so the other reasons are not judged here."""
