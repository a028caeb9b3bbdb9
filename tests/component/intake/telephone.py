"""What a desk reports of a call to an agency."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from kem.disclosure.v1 import emergency_service_pb2 as messages


def handover_request(referral_id: str, agency_id: str, **changes: Any) -> messages.RecordHandoverRequest:
    """A call of just now in which the agency was told a name, and took the person up."""
    fields: dict[str, Any] = {
        "request_id": str(uuid4()),
        "told_categories": ["NAME"],
        "legal_basis": "CONSENT",
        "circumstances": "She could not stay where she was.",
        "spoken_to": "Eleni at the duty phone",
        "answer": messages.HANDOVER_ANSWER_TAKEN,
    }
    request = messages.RecordHandoverRequest(
        referral_id=referral_id, agency_id=agency_id, **(fields | changes)
    )
    request.happened_time.FromDatetime(datetime.now(UTC))
    return request
