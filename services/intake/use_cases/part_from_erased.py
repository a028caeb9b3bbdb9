"""Parts who was erased from who was not, where an older database was restored that has them as one person."""

from chassis.caller import Caller
from chassis.postgres import Database
from services.intake.adapters.postgres_beneficiaries import PostgresBeneficiaries
from services.intake.adapters.postgres_merges import PostgresMerges
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.postgres_receipts import empty_receipts_of
from services.intake.domain.events import BeneficiariesUnmerged
from services.intake.use_cases.settle_recalls import settle_permitted_again
from services.intake.use_cases.tell_profile import tell_profile


async def part_from_erased(
    database: Database, people: PostgresBeneficiaries, merges: PostgresMerges, recalls: PostgresRecalls
) -> int:
    """Ends each merge of which one record is erased and the other one not; answers how many.

    All records of a person are erased at once, or none: so these two had been un-merged by then, which the
    older database does not know. Who was not erased could be served by nobody, as if they were.

    Repeat-safe. Run it at each start behind `replay_tombstones`, before anybody is served.
    """
    async with database.transaction(Caller.of_service("intake")) as tx:
        found = await merges.beside_erased(tx)
        if not found:
            return 0
        living = list(dict.fromkeys(one for _, one in found))
        await people.lock_as_one(tx, *living)
        now = await tx.now()
        for merge, _ in found:
            await merges.end(tx, merge, b"", now)
            tx.publish(BeneficiariesUnmerged(merge.merge_id, merge.merged_id, merge.kept_id))
        await empty_receipts_of(tx, living)  # what was issued while they were one may tell of the other
        await settle_permitted_again(tx, recalls, living, now, None)
        await tell_profile(tx, people, living)
    return len(found)
