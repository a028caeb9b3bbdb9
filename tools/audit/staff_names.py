"""Who acted, by name: looked up where names are kept, and never written into the ledger."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import typer
from rich.console import Console
from rich.markup import escape

from kem.access.v1 import access_service_pb2 as access
from tools.audit.asking import id_of
from tools.office import Office, at_office

_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Names:
    """Members of staff by their random ids, and agencies' codes by theirs."""

    staff: Mapping[str, access.NamedStaff]
    codes: Mapping[str, str]

    def of(self, principal_id: str, agency_id: str | None = None, acting_person: str = "") -> str:
        """Somebody by name, with the agency's own reference of them and the agency.

        Whoever has no account here (an agency's own system) is who the agency says: ask it by that reference.
        """
        found = self.staff.get(principal_id)
        said = (found.display_name or "a closed account, name forgotten") if found else "no account here"
        reference = f", there {acting_person}" if acting_person else ""
        return f"{said} [{principal_id}]{reference} of {self.agency(agency_id)}"

    def of_actor(self, actor: Mapping[str, Any]) -> str:
        """Whoever an entry says acted."""
        if not actor or actor.get("kind") == "SERVICE":
            return "the hub itself"
        return self.of(str(actor.get("id")), actor.get("agency_id"), actor.get("acting_person", ""))

    def agency(self, agency_id: str | None) -> str:
        """An agency's code."""
        return self.codes.get(agency_id, agency_id) if agency_id else "the hub"

    def told(self) -> dict[str, dict[str, Any]]:
        """Of each id what is known, for a program."""
        return {
            principal_id: {
                "display_name": one.display_name,
                "agency": self.agency(one.agency_id if one.HasField("agency_id") else None),
                "roles": list(one.roles),
                "state": access.AccountState.Name(one.state).removeprefix("ACCOUNT_STATE_"),
            }
            for principal_id, one in self.staff.items()
        }


async def names_of(office: Office, principal_ids: Iterable[str]) -> Names:
    """The names of those of them who have an account; whoever looks them up is on record."""
    wanted = sorted(set(principal_ids))
    staff: dict[str, access.NamedStaff] = {}
    for first in range(0, len(wanted), _AT_ONCE):
        request = access.NameStaffRequest(principal_ids=wanted[first : first + _AT_ONCE])
        answer = await office(office.hub.staff.NameStaff, request)
        staff |= {one.principal_id: one for one in answer.staff}
    return Names(staff, await office.codes())


def tell_who(principals: Sequence[str], *, as_json: bool) -> None:
    """Prints who these random ids are.

    Raises:
        StackFailure: no id, nobody is signed in, or the hub refuses, in its own words.
    """
    wanted = [id_of(one) for one in principals]
    names = at_office(lambda office: names_of(office, wanted))
    if as_json:
        typer.echo(json.dumps(names.told(), ensure_ascii=False, indent=1))
        return
    console = Console(highlight=False, soft_wrap=True)
    known = names.told()
    for principal_id in wanted:
        console.print(f"{principal_id}: {escape(_said(known.get(principal_id)))}")


def _said(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return (
            "no account here: a service of the hub, or a system of an agency. Ask that agency by its own"
            " reference of the person, which the entry has."
        )
    name, roles = found["display_name"] or "(name forgotten)", ", ".join(found["roles"])
    return f"{name} of {found['agency']}, {roles}, {found['state']}"
