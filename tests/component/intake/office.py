"""A running intake with a desk at it, and the door of the service that a test is about."""

from dataclasses import dataclass
from typing import Any, ClassVar

from tests.component.intake.desk import Desk
from tests.support.intake import RunningIntake


@dataclass(frozen=True, slots=True)
class AnyOffice:
    """Short ways through the door that `stub` makes of a channel."""

    stub: ClassVar[type[Any]]
    intake: RunningIntake
    desk: Desk

    async def ask(self, method: str, request: Any, *roles: str, **who: Any) -> Any:
        """One call of somebody: of KEM unless said otherwise, known by a password."""
        async with self.intake.channel_of(*roles, **who) as channel:
            return await getattr(self.stub(channel), method)(request)
