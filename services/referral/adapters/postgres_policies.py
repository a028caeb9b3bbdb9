"""The clocks in force."""

from datetime import datetime
from typing import Final

from chassis.postgres import Transaction
from kernel.codes import Urgency
from kernel.errors import Unavailable
from services.referral.domain.clocks import Clock, ResponsePolicy, WindowUnit

_IN_FORCE: Final = """
    select version, urgency, person_clock_seconds, offer_window_seconds, window_unit, first_reminder_fraction,
        second_reminder_fraction, unacknowledged_alarm_seconds
    from response_policy
    where version = (
        select version from response_policy where valid_from_time <= $1
        order by valid_from_time desc, version desc limit 1
    )
"""


class PostgresPolicies:
    """Reads response_policy."""

    async def in_force(self, tx: Transaction, now: datetime) -> ResponsePolicy:
        """The version that became valid last.

        Raises:
            Unavailable: POLICY_INCOMPLETE, it does not have all urgencies; nothing can be decided by it.
        """
        rows = await tx.connection.fetch(_IN_FORCE, now)
        clocks = {
            Urgency(row["urgency"]): Clock(
                person_clock_seconds=row["person_clock_seconds"],
                offer_window_seconds=row["offer_window_seconds"],
                window_unit=WindowUnit(row["window_unit"]),
                reminder_fractions=(row["first_reminder_fraction"], row["second_reminder_fraction"]),
                unacknowledged_alarm_seconds=row["unacknowledged_alarm_seconds"],
            )
            for row in rows
        }
        if len(clocks) != len(Urgency):
            raise Unavailable(
                "The response policy in force does not have a clock for every urgency.",
                reason="POLICY_INCOMPLETE",
            )
        return ResponsePolicy(rows[0]["version"], clocks)
