"""What a caller is told when something goes wrong."""

import asyncpg
import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from chassis.error_map import is_foreseen, status_of
from chassis.failures import is_of_the_deployment, is_passing
from chassis.validation import check_request
from kem.notifications.v1.delivery_pb2 import INBOX_UNSPECIFIED
from kem.notifications.v1.inbox_service_pb2 import AcknowledgeRequest
from kernel.errors import (
    Conflict,
    Exhausted,
    Invalid,
    KemError,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    NotYetKnown,
    RuleBroken,
    Unavailable,
)


def details_of(status: status_pb2.Status) -> dict[str, object]:
    found: dict[str, object] = {}
    for kind in (error_details_pb2.ErrorInfo, error_details_pb2.RetryInfo, error_details_pb2.BadRequest):
        for detail in status.details:
            one = kind()
            if detail.Unpack(one):
                found[kind.__name__] = one
    return found


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Invalid("x"), grpc.StatusCode.INVALID_ARGUMENT),
        (NotFound("x"), grpc.StatusCode.NOT_FOUND),
        (NotPermitted("x"), grpc.StatusCode.PERMISSION_DENIED),
        (NotAuthenticated("x"), grpc.StatusCode.UNAUTHENTICATED),
        (RuleBroken("x"), grpc.StatusCode.FAILED_PRECONDITION),
        (NotYetKnown("x"), grpc.StatusCode.FAILED_PRECONDITION),
        (Conflict("x"), grpc.StatusCode.ALREADY_EXISTS),
        (Exhausted("x"), grpc.StatusCode.RESOURCE_EXHAUSTED),
        (Unavailable("x"), grpc.StatusCode.UNAVAILABLE),
    ],
)
def test_each_kind_of_refusal_has_its_code_and_its_reason(error: KemError, code: grpc.StatusCode) -> None:
    status = status_of(error, "trace")
    assert status.code == code.value[0]
    assert status.message == "x"
    info = details_of(status)["ErrorInfo"]
    assert isinstance(info, error_details_pb2.ErrorInfo)
    assert (info.reason, info.domain) == (error.stable_reason, "kem")


def test_a_refusal_carries_its_own_reason_and_facts() -> None:
    status = status_of(RuleBroken("taken", reason="OFFER_ALREADY_ANSWERED", state="ACCEPTED"), "trace")
    info = details_of(status)["ErrorInfo"]
    assert isinstance(info, error_details_pb2.ErrorInfo)
    assert (info.reason, dict(info.metadata)) == ("OFFER_ALREADY_ANSWERED", {"state": "ACCEPTED"})


@pytest.mark.parametrize("kind", [Exhausted, Unavailable, NotYetKnown])
def test_who_should_come_again_is_told_when(kind: type[Exhausted]) -> None:
    retry = details_of(status_of(kind("x", retry_delay_seconds=1.5), "trace"))["RetryInfo"]
    assert isinstance(retry, error_details_pb2.RetryInfo)
    assert retry.retry_delay.ToMilliseconds() == 1500


@pytest.mark.parametrize(
    "error",
    [
        ValueError("Amina Example, born 1990"),
        asyncpg.CheckViolationError("failing row contains (Amina)"),
        asyncpg.UndefinedTableError('relation "people" does not exist'),
        KemError("a kind of its own"),
    ],
)
def test_an_error_that_nobody_foresaw_tells_nothing_but_what_to_quote(error: Exception) -> None:
    status = status_of(error, "4bf92f3577b34da6a3ce929d0e0e4736")
    assert status.code == grpc.StatusCode.INTERNAL.value[0]
    assert "4bf92f3577b34da6a3ce929d0e0e4736" in status.message
    assert "Amina" not in str(status)
    assert "people" not in str(status)
    assert not status.details
    assert not is_foreseen(error)


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.DeadlockDetectedError("deadlock"),
        asyncpg.SerializationError("could not serialize"),
        asyncpg.AdminShutdownError("terminating"),
        asyncpg.TooManyConnectionsError("too many"),
        asyncpg.ConnectionDoesNotExistError("gone"),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("got result for unknown protocol state"),
        ConnectionRefusedError(),
        TimeoutError(),
    ],
)
def test_a_fault_that_passes_asks_to_try_again(error: Exception) -> None:
    assert is_passing(error)
    assert status_of(error, "trace").code == grpc.StatusCode.UNAVAILABLE.value[0]


def test_a_full_disk_is_named_without_the_databases_words_and_asks_for_more_patience() -> None:
    error = asyncpg.DiskFullError('could not extend file "base/16384/16566": No space left on device')
    status = status_of(error, "trace")
    assert status.code == grpc.StatusCode.UNAVAILABLE.value[0]
    assert "disk is full" in status.message
    assert "base/" not in str(status)
    found = details_of(status)
    info, retry = found["ErrorInfo"], found["RetryInfo"]
    assert isinstance(info, error_details_pb2.ErrorInfo)
    assert isinstance(retry, error_details_pb2.RetryInfo)
    assert info.reason == "DISK_FULL"
    assert retry.retry_delay.ToMilliseconds() > 1000


def test_wrong_arguments_do_not_pass_and_a_missing_table_is_the_installations_fault() -> None:
    assert not is_passing(asyncpg.exceptions.DataError("invalid input for query argument"))
    assert not is_passing(asyncpg.InterfaceError("the server expects 1 argument for this query"))
    assert is_of_the_deployment(asyncpg.UndefinedTableError("x"))
    assert is_of_the_deployment(NotAuthenticated("another service does not know our key"))
    assert is_of_the_deployment(NotPermitted("another service does not let us"))
    assert not is_of_the_deployment(asyncpg.CheckViolationError("x"))


def test_a_request_that_breaks_its_rules_names_each_field_and_no_value() -> None:
    with pytest.raises(Invalid) as caught:
        check_request(AcknowledgeRequest(inbox=INBOX_UNSPECIFIED, up_to_sequence=-77))
    bad = details_of(status_of(caught.value, "trace"))["BadRequest"]
    assert isinstance(bad, error_details_pb2.BadRequest)
    assert {one.field for one in bad.field_violations} == {"inbox", "up_to_sequence"}
    assert "-77" not in str(bad)
