"""What was asked for on a day, to be counted: nothing in it leads to a referral."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from chassis.postgres import Transaction

_NOTE: Final = """
    insert into demand (recorded_day, service_type, district, language)
    select * from unnest($1::date[], $2::text[], $3::text[], $4::text[])
"""


@dataclass(frozen=True, slots=True)
class Demanded:
    """One need; empty where something is not known of it.

    Args:
        recorded_day: in Athens.
    """

    recorded_day: date
    service_type: str
    district: str
    language: str


class PostgresDemand:
    """The table `demand`. Only batches write it, and nobody reads single rows."""

    def note(self, tx: Transaction, needs: Sequence[Demanded]) -> None:
        """Counts them in, along with the outbox."""
        if needs:
            tx.write_last(
                _NOTE,
                [one.recorded_day for one in needs],
                [one.service_type for one in needs],
                [one.district for one in needs],
                [one.language for one in needs],
            )
