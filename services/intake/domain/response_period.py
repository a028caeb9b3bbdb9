"""Until when a person must have an answer."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from typing import Final

from services.intake.domain.athens_day import athens_day, athens_midnight

MONTHS_TO_ANSWER: Final = 1
MONTHS_WHEN_EXTENDED: Final = 3
"""One month, and two more."""


def due_time(received_time: datetime, months: int) -> datetime:
    """The first instant after the last day on which the answer is in time.

    GDPR article 12(3): within one month of receipt, which two further months may extend. How months are
    counted: Regulation 1182/71, article 3(2)(c), and the European Data Protection Board's guidelines 01/2022
    on access, section 5.3: up to and with the day of the same number, 5 March to 5 April; where a month has
    no such day up to its last one, 31 August to 30 September. The further months are counted from the receipt
    too. Days are those of Athens. Article 3(4) would move an end on a Saturday, Sunday or holiday to the next
    working day: that time is not taken, so that nobody is late whatever counts as a holiday.
    """
    received = athens_day(received_time)
    months_on = received.month - 1 + months
    year, month = received.year + months_on // 12, months_on % 12 + 1
    last_day = date(year, month, min(received.day, monthrange(year, month)[1]))
    return athens_midnight(last_day + timedelta(days=1)).astimezone(UTC)
