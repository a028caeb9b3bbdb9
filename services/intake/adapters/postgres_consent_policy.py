"""What consent rests on, in PostgreSQL: notices, and rules for children. Rows are only ever added."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from chassis.postgres import Transaction
from services.intake.domain.age_rules import AgeRule
from services.intake.domain.consent import Notice
from services.intake.domain.notice import NoticeTerms, NoticeText, PublishedNotice

_TERMS: Final = "controller, jurisdiction, storage, retention, withdrawal, supervisory_authority"
_PUBLISH: Final = f"""
    with published as (
        insert into notice (version, {_TERMS}, published_by_principal_id, published_time)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict do nothing returning version
    )
    insert into notice_text (version, language, sha256, text)
    select published.version, one.language, one.sha256, one.text
    from published, unnest($10::text[], $11::bytea[], $12::text[]) as one (language, sha256, text)
"""  # noqa: S608  constant
_PAGE: Final = f"""
    select version, {_TERMS}, published_time,
        (select array_agg(language order by language) from notice_text where version = notice.version)
            as languages,
        (select array_agg(sha256 order by language) from notice_text where version = notice.version) as hashes
    from notice
    where $1::timestamptz is null or (published_time, version) < ($1, $2)
    order by published_time desc, version desc limit $3
"""  # noqa: S608  constant
_IS_PUBLISHED: Final = """
    select exists (select from notice_text where (version, language, sha256) = ($1, $2, $3))
"""
_IN_FORCE: Final = """
    select rules_version, from_age, below_age, may_permit_alone, assent_needed, source from age_rule
    where rules_version = (select max(rules_version) from age_rule) order by from_age
"""
_SAVE_RULES: Final = """
    insert into age_rule (rules_version, from_age, below_age, may_permit_alone, assent_needed, source,
        saved_by_principal_id, saved_time)
    select $1, from_age, below_age, may_permit_alone, assent_needed, source, $2, $3
    from unnest($4::int[], $5::int[], $6::boolean[], $7::boolean[], $8::text[])
        as rule (from_age, below_age, may_permit_alone, assent_needed, source)
"""


@dataclass(frozen=True, slots=True)
class ListedNotice:
    """A notice without its texts; `hashes` by language."""

    version: str
    terms: NoticeTerms
    hashes: Sequence[tuple[str, bytes]]
    published_time: datetime


class PostgresConsentPolicy:
    """The tables `notice`, `notice_text` and `age_rule`."""

    async def publish(self, tx: Transaction, notice: PublishedNotice, now: datetime) -> bool:
        """Keeps a notice; False where the version was used before."""
        terms = notice.terms
        done: str = await tx.connection.execute(
            _PUBLISH,
            notice.version,
            terms.controller,
            terms.jurisdiction,
            terms.storage,
            terms.retention,
            terms.withdrawal,
            terms.supervisory_authority,
            tx.caller.principal_id,
            now,
            [text.language for text in notice.texts],
            [text.sha256 for text in notice.texts],
            [text.text for text in notice.texts],
        )
        return not done.endswith(" 0")

    async def page(
        self, tx: Transaction, before: tuple[datetime, str] | None, size: int
    ) -> list[ListedNotice]:
        """Up to `size` notices, the newest first, those behind `before`."""
        published_time, version = before or (None, None)
        return [_listed(row) for row in await tx.connection.fetch(_PAGE, published_time, version, size)]

    async def text(self, tx: Transaction, version: str, language: str) -> NoticeText | None:
        """The text; None where there is none."""
        query = "select text from notice_text where (version, language) = ($1, $2)"
        text = await tx.connection.fetchval(query, version, language)
        return None if text is None else NoticeText(language, text)

    async def is_published(self, tx: Transaction, notice: Notice) -> bool:
        """Whether this very text is."""
        found: bool = await tx.connection.fetchval(
            _IS_PUBLISHED, notice.version, notice.language, notice.sha256
        )
        return found

    async def age_rules(self, tx: Transaction) -> tuple[int, list[AgeRule]]:
        """Version and rules that are in force, by age."""
        rows = await tx.connection.fetch(_IN_FORCE)
        return rows[0]["rules_version"], [AgeRule(*list(row.values())[1:]) for row in rows]

    async def save_age_rules(self, tx: Transaction, rules: Sequence[AgeRule], now: datetime) -> int:
        """Keeps them as a new version, which it answers; two who save at once wait for each other."""
        await tx.connection.execute("select pg_advisory_xact_lock(hashtext('age_rule'))")
        version: int = 1 + await tx.connection.fetchval("select max(rules_version) from age_rule")
        await tx.connection.execute(
            _SAVE_RULES,
            version,
            tx.caller.principal_id,
            now,
            [rule.from_age for rule in rules],
            [rule.below_age for rule in rules],
            [rule.may_permit_alone for rule in rules],
            [rule.assent_needed for rule in rules],
            [rule.source for rule in rules],
        )
        return version


def _listed(row: Any) -> ListedNotice:
    terms = NoticeTerms(*(row[name] for name in _TERMS.split(", ")))
    hashes = list(zip(row["languages"], row["hashes"], strict=True))
    return ListedNotice(row["version"], terms, hashes, row["published_time"])
