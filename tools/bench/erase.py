"""An erasure of a person, from the call to the answer, and keys wrapped anew a second in a roll of the epoch.

Everybody has consented to every bench agency, and has one need that was taken up and disclosed. A data
protection officer erases them one after another: their wrapped keys and blind index go, the tombstone is
written, the certificate signed, what was disclosed is asked back. Then an operator has the keys of all who
are left rolled; nothing else is done meanwhile.

`call_ms`: EraseBeneficiary alone. `keys_per_second`: from RollKeys until every key is wrapped anew, looked at
twenty times a second; the older epoch rests on after that and is destroyed later.
"""

import asyncio
import time
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from chassis.caller import SECOND_FACTOR, AssertionSigner
from kem.disclosure.v1 import erasure_service_pb2 as erasure
from kem.disclosure.v1 import rights_service_pb2 as rights
from kem.disclosure.v1.disclosure_service_pb2 import GetDisclosureRequest
from kem.intake.v1.key_service_pb2 import GetKeysRequest, RollKeysRequest
from kernel.ids import derived_id
from kernel.vocabulary import Role
from tools.bench.accept import Accepting, open_offers
from tools.bench.answers import calls_in
from tools.bench.ground import Ground, ground
from tools.bench.run import Figures, Run
from tools.bench.statistics import medians
from tools.hub import Doors, Metadata
from tools.stack.credentials import ISSUER

_LOOK_SECONDS: Final = 0.05


async def measure(run: Run) -> Figures:
    """Three rounds of erasures, the medians; one roll."""
    erased, stay = run.scaled(300, 40), run.scaled(3_000, 200)
    run.settings["erase"] = {"erasures_a_round": erased, "rounds": run.rounds, "people_who_stay": stay}
    async with ground(run, people=stay + erased * run.rounds) as place:
        await _taken_up_and_disclosed(place)
        officer = _Officer(place)
        rounds = []
        for number in range(run.rounds):
            people = place.people[number * erased :][:erased]
            asked = [await officer.asked_by(person) for person in people]
            rounds.append(await calls_in(officer.erase, asked, 1))
        figures: Figures = {"erasure": medians(rounds)}
        run.say(f"An erasure took {figures['erasure']['call_ms']['p50']} ms.")
        figures["roll"] = await _roll(place)
    return figures


async def _taken_up_and_disclosed(place: Ground) -> None:
    """One need of everybody: people are served in turn."""
    accepting = Accepting(place)

    async def disclose(referral_id: str) -> None:
        request = GetDisclosureRequest(request_id=str(uuid4()), referral_id=referral_id)
        await place.ask(place.hub.disclosure.GetDisclosure, request, accepting.staff_of(referral_id))

    referral_ids = await open_offers(place, len(place.people))
    await calls_in(accepting.accept, referral_ids, 8)
    await calls_in(disclose, referral_ids, 8)


class _Officer:
    """Of the hub itself, signed in with a second factor."""

    def __init__(self, place: Ground) -> None:
        doors = Doors.of(place.stack.layout)
        self._signer = AssertionSigner(ISSUER, doors.issuer_key_file)
        self._place = place
        self._id = derived_id("staff", "bench officer")

    async def asked_by(self, person: str) -> str:
        """The request of somebody who wants to be forgotten."""
        request = rights.RegisterRightsRequestRequest(
            request_id=str(uuid4()),
            beneficiary_id=person,
            right=rights.RIGHT_ERASURE,
            asked_by=rights.ASKED_BY_SELF,
            words="Forget me.",
        )
        request.received_time.FromDatetime(datetime.now(UTC))
        place = self._place
        answer = await place.ask(place.hub.rights.RegisterRightsRequest, request, place.desk)
        return str(answer.rights_request_id)

    async def erase(self, rights_request_id: str) -> None:
        """As they asked."""
        request = erasure.EraseBeneficiaryRequest(
            request_id=str(uuid4()),
            rights_request_id=rights_request_id,
            identity_proof=rights.IDENTITY_PROOF_DOCUMENT_SEEN,
        )
        await self._place.hub.erasure.EraseBeneficiary(request, metadata=self._credentials(), timeout=30)

    def _credentials(self) -> Metadata:
        token = self._signer.token(self._id, None, [Role.DPO], acr=SECOND_FACTOR)
        return (("authorization", f"Bearer {token}"),)


async def _roll(place: Ground) -> Figures:
    operator = place.hub.person(derived_id("staff", "bench operator"), None, Role.OPERATOR)
    began = time.monotonic()
    await place.ask(place.hub.keys.RollKeys, RollKeysRequest(request_id=str(uuid4())), operator)
    while True:
        roll = (await place.ask(place.hub.keys.GetKeys, GetKeysRequest(), operator)).last_roll
        if roll.HasField("due_time"):
            break
        await asyncio.sleep(_LOOK_SECONDS)
    seconds = time.monotonic() - began
    return {
        "keys": roll.keys,
        "seconds": round(seconds, 2),
        "keys_per_second": round(roll.keys / seconds, 1),
    }
