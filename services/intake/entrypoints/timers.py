"""What intake does by the clock."""

from functools import partial

from chassis.service import Service
from services.intake.adapters.postgres_consent_moments import PostgresConsentMoments
from services.intake.adapters.postgres_drafts import forget_drafts
from services.intake.adapters.postgres_recalls import PostgresRecalls
from services.intake.adapters.postgres_receipts import forget_checks, forget_expired
from services.intake.adapters.postgres_retention import PostgresRetention
from services.intake.adapters.postgres_search_tally import forget_searches
from services.intake.use_cases.look_at_retention import watch_retention
from services.intake.use_cases.roll_keys import RollKeys
from services.intake.use_cases.tell_consent_moments import tell_consent_moments
from services.intake.use_cases.tell_overdue_recalls import tell_overdue_recalls


def add_timers(
    service: Service, rolling: RollKeys, recalls: PostgresRecalls, retention: PostgresRetention
) -> None:
    """Adds them; each pauses as long as nobody waits for it."""
    service.timer(rolling.take, name="roll_keys", longest_pause_seconds=1)
    service.timer(forget_searches, name="forget_searches", longest_pause_seconds=60)
    service.timer(forget_checks, name="forget_checks", shortest_pause_seconds=60, longest_pause_seconds=3600)
    service.timer(forget_drafts, name="forget_drafts", longest_pause_seconds=60)
    service.timer(
        forget_expired, name="expired_receipts", shortest_pause_seconds=60, longest_pause_seconds=3600
    )
    tell = partial(tell_consent_moments, moments=PostgresConsentMoments(), recalls=recalls)
    service.timer(tell, name="consent_moments")
    overdue = partial(tell_overdue_recalls, recalls=recalls)
    service.timer(overdue, name="overdue_recalls", longest_pause_seconds=5)
    watch = partial(watch_retention, retention=retention)
    service.timer(watch, name="retention", shortest_pause_seconds=60, longest_pause_seconds=3600)
