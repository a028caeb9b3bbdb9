"""Who keeps which accounts: an operator all of them, an agency's admin those of the own agency."""

from dataclasses import dataclass

from kernel.errors import NotPermitted
from kernel.ids import AgencyId, PrincipalId
from kernel.vocabulary import Role
from services.access.domain.account import Account, AccountNotFound
from services.access.domain.roles import ROLES


@dataclass(frozen=True, slots=True)
class Keeper:
    """Somebody who keeps accounts; `agency_id` binds whoever is not an operator."""

    principal_id: PrincipalId
    agency_id: AgencyId | None
    is_operator: bool

    def require_own_agency(self, agency_id: AgencyId | None) -> None:
        """Raises NotPermitted, NOT_YOUR_AGENCY, where accounts there are none of theirs."""
        if not self.is_operator and (self.agency_id is None or agency_id != self.agency_id):
            raise NotPermitted("You keep the accounts of your own agency only.", reason="NOT_YOUR_AGENCY")

    def require_may_give(self, roles: frozenset[Role]) -> None:
        """Raises NotPermitted, ROLE_NOT_YOURS_TO_GIVE, for a role that only an operator gives."""
        if not self.is_operator and not all(ROLES[role].is_of_agency for role in roles):
            raise NotPermitted(
                "An agency's admin gives roles of agencies only; ask an operator for the others.",
                reason="ROLE_NOT_YOURS_TO_GIVE",
            )

    def require_may_change(self, account: Account) -> None:
        """Whether this account is theirs to change, whatever they would do to it.

        A one-time password is a way into an account: whoever may not give a role may not reset, lock or close
        somebody who has it either. Nobody changes the own account.

        Raises:
            AccountNotFound: it is another agency's.
            NotPermitted: OWN_ACCOUNT, or ROLE_NOT_YOURS_TO_GIVE.
        """
        if not self.is_operator and (self.agency_id is None or account.agency_id != self.agency_id):
            raise AccountNotFound
        if account.principal_id == self.principal_id:
            raise NotPermitted("Nobody changes the own account; ask a colleague.", reason="OWN_ACCOUNT")
        self.require_may_give(account.roles)
