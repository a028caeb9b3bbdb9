"""Rules of retention, and what is due by them, in PostgreSQL. Rules are only ever added."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chassis.postgres import Transaction
from kernel.ids import BeneficiaryId
from services.intake.domain.retention import RetentionRule, RetentionStart

_RULES: Final = """
    select rules_version, key_class, start, months, grace_days, source from retention_rule
    where rules_version = (select max(rules_version) from retention_rule)
    order by months, key_class
"""
_SAVE: Final = """
    insert into retention_rule (rules_version, key_class, start, months, grace_days, source,
        saved_by_principal_id, saved_time)
    select $1, key_class, start, months, grace_days, source, $2, $3
    from unnest($4::text[], $5::text[], $6::int[], $7::int[], $8::text[])
        as rule (key_class, start, months, grace_days, source)
"""
_STANDINGS: Final = """
    with due as materialized (select * from retention_due),
    counted as (
        select key_class,
            count(*) filter (where held_back = '{}') as due_people,
            min(due_time) filter (where held_back = '{}') as due_since_time,
            count(*) filter (where held_back = '{}' and overdue_time <= clock_timestamp()) as overdue_people,
            count(*) filter (where held_back <> '{}') as held_people
        from due group by key_class
    ), sealed as (
        select due.key_class, count(*) as due_values
        from due
        join data_key on data_key.beneficiary_id = any(due.ids) and data_key.key_class = due.key_class
        join sealed_record as record
            on record.beneficiary_id = data_key.beneficiary_id and record.key_id = data_key.key_id
        where due.held_back = '{}' and record.category <> 'PROFILE'
        group by due.key_class
    ), held as (
        select key_class, array_agg(ground order by people desc, ground) as grounds,
            array_agg(people order by people desc, ground) as people
        from (
            select key_class, ground, count(*) as people
            from due cross join unnest(due.held_back) as ground group by key_class, ground
        ) as one
        group by key_class
    ), gone as (
        select key_class, count(distinct beneficiary_id) as destroyed_people
        from destroyed_key group by key_class
    )
    select (select count(distinct beneficiary_id) from due where held_back = '{}') as waiting_people,
        key_class, counted.due_people, counted.due_since_time, counted.overdue_people, counted.held_people,
        sealed.due_values, held.grounds, held.people, gone.destroyed_people
    from unnest($1::text[]) as rule (key_class)
    left join counted using (key_class)
    left join sealed using (key_class)
    left join held using (key_class)
    left join gone using (key_class)
"""
_WAITING: Final = "select count(distinct beneficiary_id) from retention_due where held_back = '{}'"
_OVERDUE: Final = f"{_WAITING} and overdue_time <= clock_timestamp()"
_DUE: Final = """
    select beneficiary_id, array_agg(key_class) as key_classes, array_agg(due_time) as due_times
    from retention_due
    where held_back = '{}' and ($1::uuid[] is null or beneficiary_id = any($1::uuid[]))
    group by beneficiary_id order by min(due_time), beneficiary_id limit $2
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is due under the keys of one class; `held_back` is grounds and people, the most frequent first."""

    key_class: str
    due_people: int
    due_values: int
    due_since_time: datetime | None
    overdue_people: int
    held_people: int
    held_back: Sequence[tuple[str, int]]
    destroyed_people: int


@dataclass(frozen=True, slots=True)
class Due:
    """A person of whom something is due that nothing holds back: classes of keys, since when each."""

    beneficiary_id: BeneficiaryId
    due_times: dict[str, datetime]


class PostgresRetention:
    """The table `retention_rule` and the view `retention_due`; whoever asks must see everybody."""

    async def rules(self, tx: Transaction) -> tuple[int, list[RetentionRule]]:
        """Version and rules that are in force, the shortest first."""
        rows = await tx.connection.fetch(_RULES)
        return rows[0]["rules_version"], [
            RetentionRule(
                row["key_class"],
                RetentionStart(row["start"]),
                row["months"],
                row["grace_days"],
                row["source"],
            )
            for row in rows
        ]

    async def save_rules(self, tx: Transaction, rules: Sequence[RetentionRule], now: datetime) -> int:
        """Keeps them as a new version, which it answers; two who save at once wait for each other."""
        await tx.connection.execute("select pg_advisory_xact_lock(hashtext('retention_rule'))")
        version: int = 1 + await tx.connection.fetchval("select max(rules_version) from retention_rule")
        await tx.connection.execute(
            _SAVE,
            version,
            tx.caller.principal_id,
            now,
            [rule.key_class for rule in rules],
            [str(rule.start) for rule in rules],
            [rule.months for rule in rules],
            [rule.grace_days for rule in rules],
            [rule.source for rule in rules],
        )
        return version

    async def standings(self, tx: Transaction, key_classes: Sequence[str]) -> tuple[dict[str, Standing], int]:
        """How it stands with each of these classes, and how many people wait; one look at everybody."""
        rows = await tx.connection.fetch(_STANDINGS, list(key_classes))
        standings = {
            row["key_class"]: Standing(
                row["key_class"],
                row["due_people"] or 0,
                row["due_values"] or 0,
                row["due_since_time"],
                row["overdue_people"] or 0,
                row["held_people"] or 0,
                list(zip(row["grounds"] or [], row["people"] or [], strict=True)),
                row["destroyed_people"] or 0,
            )
            for row in rows
        }
        return standings, rows[0]["waiting_people"]

    async def waiting(self, tx: Transaction) -> int:
        """How many people wait for a destruction."""
        people: int = await tx.connection.fetchval(_WAITING)
        return people

    async def overdue(self, tx: Transaction) -> int:
        """How many of them for longer than the rules allow."""
        people: int = await tx.connection.fetchval(_OVERDUE)
        return people

    async def due(
        self, tx: Transaction, most: int, among: Collection[BeneficiaryId] | None = None
    ) -> list[Due]:
        """Up to `most` people of whom something is due, the longest due first; or those of them `among`."""
        rows = await tx.connection.fetch(_DUE, None if among is None else list(among), most)
        return [
            Due(row["beneficiary_id"], dict(zip(row["key_classes"], row["due_times"], strict=True)))
            for row in rows
        ]
