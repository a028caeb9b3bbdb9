"""How long a fetch may wait at the broker for something to arrive."""

from typing import Final

EMBEDDED_FETCH_WAIT_MILLISECONDS: Final = 20
"""It does not wake a waiting fetch. 5 ms burns a core; 20 ms a fifth of one when all services are idle."""

KAFKA_FETCH_WAIT_MILLISECONDS: Final = 500
"""Apache Kafka answers a waiting fetch as soon as something arrives."""
