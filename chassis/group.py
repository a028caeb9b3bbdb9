"""How a consumer group behaves at the broker: how long it waits, and when a member counts as gone."""

from typing import Final

EMBEDDED_FETCH_WAIT_MILLISECONDS: Final = 20
"""It does not wake a waiting fetch. 5 ms burns a core; 20 ms a fifth of one when all services are idle."""

KAFKA_FETCH_WAIT_MILLISECONDS: Final = 500
"""Apache Kafka answers a waiting fetch as soon as something arrives."""

SESSION_SECONDS: Final = 6.0
"""After this long without a heartbeat another worker takes over; the embedded broker lets a new member wait
for half of it."""
