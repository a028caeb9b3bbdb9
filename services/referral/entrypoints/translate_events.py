"""Incoming events as commands of this service; those that mean nothing to it are passed over."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from google.protobuf.message import DecodeError

from chassis import topics
from chassis.batch_reader import MALFORMED, PoisonEvent, known_fact
from chassis.events import IncomingEvent
from kem.common.v1.common_pb2 import Urgency as UrgencyMessage
from kem.disclosure.v1.disclosure_events_pb2 import DisclosureEvent
from kem.intake.v1.beneficiary_pb2 import Origin as OriginMessage
from kem.intake.v1.intake_events_pb2 import IntakeEvent
from kem.intake.v1.need_pb2 import Routing as RoutingMessage
from kem.notifications.v1.notifications_events_pb2 import NotificationsEvent
from kernel.codes import Origin, Routing, Urgency
from kernel.ids import AgencyId, BeneficiaryId, NeedId, OfferId, RecipientId, ReferralId
from services.referral.adapters.postgres_contact_attempts import HeardAttempt
from services.referral.domain.giving_up import ContactAttempt
from services.referral.use_cases.follow_agreement import AgreementChange
from services.referral.use_cases.follow_handovers import Handover
from services.referral.use_cases.follow_profiles import ProfileNews
from services.referral.use_cases.note_deliveries import Delivered
from services.referral.use_cases.record_referrals import RecordedNeed


@dataclass(frozen=True, slots=True)
class NeedWithdrawal:
    """NeedWithdrawn, as far as it matters here."""

    event_id: UUID
    referral_id: ReferralId


Read = RecordedNeed | NeedWithdrawal | ProfileNews | AgreementChange | Handover | Delivered | HeardAttempt

_ENVELOPES: Final[dict[str, type[Any]]] = {
    topics.INTAKE: IntakeEvent,
    topics.DISCLOSURE: DisclosureEvent,
    topics.NOTIFICATIONS: NotificationsEvent,
}


def read_event(event: IncomingEvent) -> Read | None:
    """What the event asks of this service; None where it asks nothing.

    Raises:
        NewerThanReader: a fact that this version does not know.
        PoisonEvent: bytes that cannot be what the topic carries.
    """
    envelope = _ENVELOPES[event.topic]()
    try:
        envelope.ParseFromString(event.payload)
        fact = known_fact(event.event_id, envelope)
        read = _READERS.get(fact)
        return read(event, envelope, getattr(envelope, fact)) if read else None
    except (DecodeError, ValueError) as error:
        raise PoisonEvent(event.event_id, MALFORMED) from error


def _need_recorded(event: IncomingEvent, _: Any, fact: Any) -> Read:
    continues = fact.continues_referral_id
    return RecordedNeed(
        event_id=event.event_id,
        need_id=NeedId(UUID(fact.need_id)),
        referral_id=ReferralId(UUID(fact.referral_id)),
        beneficiary_id=BeneficiaryId(UUID(fact.beneficiary_id)),
        sender_agency_id=AgencyId(UUID(fact.sender_agency_id)),
        urgency=Urgency(UrgencyMessage.Name(fact.urgency).removeprefix("URGENCY_")),
        routing=Routing(RoutingMessage.Name(fact.routing).removeprefix("ROUTING_")),
        origin=Origin(OriginMessage.Name(fact.origin).removeprefix("ORIGIN_")),
        recorded_time=_instant(fact.recorded_time),
        continues_referral_id=ReferralId(UUID(continues)) if continues else None,
    )


def _need_withdrawn(event: IncomingEvent, _: Any, fact: Any) -> Read:
    return NeedWithdrawal(event.event_id, ReferralId(UUID(fact.referral_id)))


def _profile_news(event: IncomingEvent, _: Any, fact: Any) -> Read:
    return ProfileNews(event.event_id, BeneficiaryId(UUID(fact.beneficiary_id)))


def _contact_attempted(event: IncomingEvent, _: Any, fact: Any) -> Read | None:
    if not fact.referral_id:
        return None
    return HeardAttempt(
        UUID(fact.contact_attempt_id),
        ReferralId(UUID(fact.referral_id)),
        ContactAttempt(
            _instant(fact.happened_time),
            by_sender=not fact.by_holder,
            by_safe_channel=fact.by_safe_channel,
            is_reached=fact.reached,
        ),
    )


def _agreement_changed(event: IncomingEvent, envelope: Any, fact: Any) -> Read:
    return AgreementChange(
        event.event_id,
        AgencyId(UUID(fact.agency_id)),
        _instant(fact.valid_from_time),
        _instant(fact.valid_until_time),
        envelope.aggregate_version,
    )


def _handover_recorded(event: IncomingEvent, _: Any, fact: Any) -> Read:
    return Handover(
        event.event_id, ReferralId(UUID(fact.referral_id)), AgencyId(UUID(fact.agency_id)), fact.taken
    )


def _deliveries_acknowledged(event: IncomingEvent, _: Any, fact: Any) -> Read:
    return Delivered(
        RecipientId(UUID(fact.recipient_id)),
        tuple(OfferId(UUID(offer_id)) for offer_id in fact.offer_ids),
        event.event_time,
    )


def _instant(stamp: Any) -> datetime:
    instant: datetime = stamp.ToDatetime(tzinfo=UTC)
    return instant


_READERS: Final[dict[str, Callable[[IncomingEvent, Any, Any], Read | None]]] = {
    "need_recorded": _need_recorded,
    "need_withdrawn": _need_withdrawn,
    "profile_changed": _profile_news,
    "consent_withdrawn": _profile_news,
    "agreement_changed": _agreement_changed,
    "handover_recorded": _handover_recorded,
    "contact_attempted": _contact_attempted,
    "deliveries_acknowledged": _deliveries_acknowledged,
}
