"""Who reads complaints, who answers them, and who registers what somebody else has told them."""

from typing import Final

from kernel.vocabulary import Role
from services.console.entrypoints.pages.desk.roles import DESK
from services.console.entrypoints.sessions import User

OFFICERS: Final = frozenset({Role.DPO, Role.SAFEGUARDING_OFFICER})
"""They answer, where they act for no agency."""
READERS: Final = OFFICERS | {Role.SUPERVISOR}
"""A supervisor reads those that their own agency has registered, unless they are about itself."""
REGISTRARS: Final = DESK | OFFICERS


def answers(user: User) -> bool:
    """Whether somebody answers complaints: nobody does for an agency, which would look into itself."""
    return user.agency_id is None and user.has(*OFFICERS)
