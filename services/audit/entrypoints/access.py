"""Who may call what. Entries are pseudonymous data of people: two roles read them, with a second factor."""

from collections.abc import Mapping
from typing import Final

from chassis.access import Access
from kernel.vocabulary import Role

_READERS: Final = Access(roles=frozenset({Role.AUDITOR, Role.DPO}), second_factor=True)
_EVERYBODY: Final = Access(roles=frozenset(set(Role) - {Role.SERVICE}))
"""A checkpoint says nothing of anybody, and the more people keep one the better."""

ACCESS: Final[Mapping[str, Access]] = {
    "/kem.audit.v1.AuditService/ListEntries": _READERS,
    "/kem.audit.v1.AuditService/TraceReferral": _READERS,
    "/kem.audit.v1.AuditService/TraceBeneficiary": _READERS,
    "/kem.audit.v1.AuditService/StreamEntries": _READERS,
    "/kem.audit.v1.AuditService/ListQuestions": _READERS,
    "/kem.audit.v1.AuditService/AnswerQuestion": _READERS,
    "/kem.audit.v1.AuditService/GetCheckpoint": _EVERYBODY,
    "/kem.audit.v1.AuditService/ListCheckpoints": _EVERYBODY,
    "/kem.audit.v1.AuditService/GetInclusionProof": _READERS,
    "/kem.audit.v1.AuditService/GetConsistencyProof": _EVERYBODY,
}
