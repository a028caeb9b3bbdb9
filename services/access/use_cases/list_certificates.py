"""Shows which certificates there are, from what the authority's register says."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from kernel.errors import Invalid
from services.access.adapters.certificate_register import RegisteredCertificate


def list_certificates(
    certificates: Iterable[RegisteredCertificate],
    now: datetime,
    *,
    with_ended: bool,
    after_serial: str,
    limit: int,
) -> tuple[Sequence[RegisteredCertificate], str]:
    """A page, the newest first, and the serial with which to go on; empty on the last.

    Args:
        now: the database's; what has ended by then is left out unless it is asked for.
        after_serial: the last one of the page before; empty for the first.

    Raises:
        Invalid: AFTER_UNKNOWN, there is no such certificate.
    """
    newest_first = sorted(certificates, key=lambda one: (one.issued_time, one.serial), reverse=True)
    if after_serial:
        places = [place for place, one in enumerate(newest_first) if one.serial == after_serial]
        if not places:
            raise Invalid("No page ended with this serial; begin again without it.", reason="AFTER_UNKNOWN")
        newest_first = newest_first[places[0] + 1 :]
    shown = [one for one in newest_first if with_ended or one.is_good(now)]
    page = shown[:limit]
    return page, page[-1].serial if len(shown) > limit else ""
