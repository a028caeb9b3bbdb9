"""Who may call what. Which inbox a caller reads is always their own: see use_cases/open_inbox.py."""

from collections.abc import Mapping
from typing import Final

from chassis.access import Access
from kernel.vocabulary import Role
from services.notifications.use_cases.open_inbox import MAILED, READERS

_READERS: Final = Access(roles=READERS)
_MAILED: Final = Access(roles=MAILED)
_OPERATOR: Final = Access(roles=frozenset({Role.OPERATOR}))

ACCESS: Final[Mapping[str, Access]] = {
    "/kem.notifications.v1.InboxService/Subscribe": _READERS,
    "/kem.notifications.v1.InboxService/Acknowledge": _READERS,
    "/kem.notifications.v1.InboxService/ListDeliveries": _READERS,
    **{
        f"/kem.notifications.v1.MailService/{method}": _MAILED
        for method in ("SetMailNotice", "ConfirmMailNotice", "ListMailNotices", "RemoveMailNotice")
    },
    "/kem.notifications.v1.PushService/SetPushEndpoint": _OPERATOR,
    "/kem.notifications.v1.PushService/RemovePushEndpoint": _OPERATOR,
    "/kem.notifications.v1.PushService/ResumePushEndpoint": _OPERATOR,
    "/kem.notifications.v1.PushService/ListPushEndpoints": _OPERATOR,
}
