"""What is measured, by name; telemetry.py decides where the figures go."""

from opentelemetry import metrics

_meter = metrics.get_meter("kem")

outbox_depth = _meter.create_gauge(
    "kem_outbox_depth", description="Events that are committed and not yet in the event log"
)
outbox_age_seconds = _meter.create_gauge(
    "kem_outbox_age_seconds",
    description="How long the oldest event waits that is committed and not yet acknowledged by the broker",
)
logged_position = _meter.create_gauge("kem_logged_position", description="The last position of the event log")
publication_position = _meter.create_gauge(
    "kem_publication_position", description="The last position that the broker has acknowledged"
)
log_end_position = _meter.create_gauge(
    "kem_log_end_position", description="The last position of the event log, per topic and partition"
)
consumer_position = _meter.create_gauge(
    "kem_consumer_position", description="How far a consumer's commits reach, per source and partition"
)
consumer_lag = _meter.create_gauge(
    "kem_consumer_lag",
    description="Events in the broker that a consumer has not yet committed, per partition",
)
dead_letters_open = _meter.create_gauge(
    "kem_dead_letters_open", description="Events set aside that nobody has redriven or discarded"
)
certificate_seconds_left = _meter.create_gauge(
    "kem_certificate_seconds_left", description="How long a service's own certificate is good for"
)
relayed_events = _meter.create_counter(
    "kem_relayed_events", description="Events that the broker has acknowledged"
)
consumed_events = _meter.create_counter(
    "kem_consumed_events", description="Events that a consumer's commits have covered"
)
batch_failures = _meter.create_counter(
    "kem_batch_failures", description="Batches that were rolled back and tried again"
)
batch_seconds = _meter.create_histogram(
    "kem_batch_seconds",
    unit="s",
    description="From the first try of a batch to its commit",
    explicit_bucket_boundaries_advisory=[0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
)
call_seconds = _meter.create_histogram(
    "kem_call_seconds",
    unit="s",
    description="How long calls took, by method and code",
    explicit_bucket_boundaries_advisory=[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
)
timer_rows = _meter.create_counter("kem_timer_rows", description="Due rows that timers have worked off")
