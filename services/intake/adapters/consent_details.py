"""What in a consent record could name somebody: one text, kept under the person's own key.

It is JSON of the fields that were filled. Records of schema kem-consent/1 hold the bare authority reference.
"""

import json
from typing import Final

from services.intake.domain.consent import ConsentRecord

_FIRST_SCHEMA: Final = "kem-consent/1"


def details_text(record: ConsentRecord) -> str | None:
    """The text; None where nothing was filled."""
    fields = {
        "authority_reference": record.authority_reference,
        "interpreter": record.interpreter.reference if record.interpreter else "",
        "witness": record.witness,
        "place": record.place,
        "safe_contact_rule": record.safe_contact_rule,
    }
    filled = {name: value for name, value in fields.items() if value.strip()}
    return json.dumps(filled, ensure_ascii=False, sort_keys=True) if filled else None


def details_from(record_schema: str, text: str) -> dict[str, str]:
    """The fields by name."""
    if record_schema == _FIRST_SCHEMA:
        return {"authority_reference": text}
    fields: dict[str, str] = json.loads(text)
    return fields
