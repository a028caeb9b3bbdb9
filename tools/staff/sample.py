"""The sample city's staff: accounts of invented people, opened once by the same door that everybody uses."""

import asyncio
import csv
from dataclasses import dataclass
from typing import Final

import grpc

from chassis.tls import TlsFiles, secure_channel
from kem.access.v1 import access_service_pb2 as messages
from kem.access.v1 import access_service_pb2_grpc
from kernel.ids import derived_id
from tools.sample_city_files import FOLDER

_TIMEOUT_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class FirstLogin:
    """What somebody needs for their first sign-in."""

    login: str
    agency: str
    roles: str
    one_time_password: str


async def open_accounts(access: str, token: str, files: TlsFiles) -> list[FirstLogin]:
    """Opens those accounts whose login is still free; answers how their people sign in first.

    A login that is taken is left as it is, and its password is not shown.

    Args:
        access: address of the door that keeps accounts, host:port.
        token: an assertion for an operator.
        files: the certificate over which is called.
    """
    agencies = {row["code"]: row["id"] for row in _rows("agencies")}
    async with secure_channel(access, "access", files) as channel:
        door = access_service_pb2_grpc.StaffServiceStub(channel)
        opened = await asyncio.gather(
            *(_open(door, row, agencies.get(row["agency"]), token) for row in _rows("staff"))
        )
    return [one for one in opened if one is not None]


async def _open(
    door: "access_service_pb2_grpc.StaffServiceAsyncStub",
    row: dict[str, str],
    agency_id: str | None,
    token: str,
) -> FirstLogin | None:
    request = messages.OpenAccountRequest(
        # the same at each start, so that a first start that broke off shows the same passwords again
        request_id=str(derived_id("sample-staff", row["login"])),
        agency_id=agency_id,
        login=row["login"],
        display_name=row["display_name"],
        roles=row["roles"].split(),
    )
    try:
        answer = await door.OpenAccount(
            request,
            metadata=(("authorization", f"Bearer {token}"),),
            timeout=_TIMEOUT_SECONDS,
            wait_for_ready=True,
        )
    except grpc.aio.AioRpcError as error:
        if error.code() is grpc.StatusCode.ALREADY_EXISTS:
            return None
        raise
    return FirstLogin(row["login"], row["agency"], row["roles"], answer.one_time_password)


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
