"""What the door for receipts is made of."""

import grpc

from services.intake.adapters.postgres_receipts import PostgresReceipts
from services.intake.adapters.referral_client import ReferralClient
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.settings import IntakeSettings
from services.intake.use_cases.issue_receipt import ReceiptParts


def receipt_parts(
    consent: ConsentParts, referral: grpc.aio.Channel, settings: IntakeSettings
) -> ReceiptParts:
    """Over the same people and consents; `referral` leads to referral's door."""
    return ReceiptParts(
        consent.people,
        PostgresReceipts(consent.vault, settings.receipt_checks_per_minute),
        ReferralClient(referral),
        settings.desk_contact,
    )
