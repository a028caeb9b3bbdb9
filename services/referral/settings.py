"""What referral is told beside what every service is told."""

from pydantic import Field

from chassis.settings import ServiceSettings


class ReferralSettings(ServiceSettings):
    """`KEM_REFERRAL_…`, and where intake is."""

    intake_address: str = Field(validation_alias="KEM_INTAKE_GRPC_ADDRESS")
    """host:port of intake's gRPC door."""
