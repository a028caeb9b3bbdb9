"""Tells a fault that will pass from a fault of the deployment and from everything else."""

import asyncio
from typing import Final

import asyncpg
import grpc
from asyncpg import exceptions as postgres

from kernel.errors import Exhausted, NotAuthenticated, NotPermitted, NotYetKnown, Unavailable

_PASSING: Final = (
    Unavailable,
    NotYetKnown,
    Exhausted,
    OSError,
    TimeoutError,
    asyncio.IncompleteReadError,
    postgres.PostgresConnectionError,
    postgres.OperatorInterventionError,
    postgres.InsufficientResourcesError,
    postgres.PostgresSystemError,
    postgres.ObjectNotInPrerequisiteStateError,
    postgres.TransactionRollbackError,  # a deadlock, or a serialization failure
    postgres.IdleInTransactionSessionTimeoutError,
    postgres.ReadOnlySQLTransactionError,  # a standby that is being promoted
    asyncpg.InternalClientError,  # a server that is killed in the middle of an answer
)

_DEPLOYMENT: Final = (
    ImportError,
    NotAuthenticated,  # another service does not take our word: no event is to blame
    NotPermitted,
    postgres.UndefinedTableError,
    postgres.UndefinedColumnError,
    postgres.UndefinedFunctionError,
    postgres.InsufficientPrivilegeError,
    postgres.InvalidAuthorizationSpecificationError,
    postgres.InvalidSchemaNameError,
    postgres.InvalidCatalogNameError,
)

_PASSING_CODES: Final = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
    }
)

_DEPLOYMENT_CODES: Final = frozenset(
    {
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNIMPLEMENTED,
    }
)


def is_passing(error: BaseException) -> bool:
    """Whether the very same work may succeed in a moment: a part is away, or two transactions collided."""
    if isinstance(error, grpc.RpcError):
        return _code(error) in _PASSING_CODES
    if isinstance(error, asyncpg.InterfaceError):
        # asyncpg has one class for a lost connection and for wrong arguments
        words = str(error)
        return type(error) is asyncpg.InterfaceError and ("clos" in words or "released back" in words)
    return isinstance(error, _PASSING)


def is_of_the_deployment(error: BaseException) -> bool:
    """Whether no work at all can succeed until somebody mends the installation (a migration, a right)."""
    if isinstance(error, grpc.RpcError):
        return _code(error) in _DEPLOYMENT_CODES
    return isinstance(error, _DEPLOYMENT)


def _code(error: grpc.RpcError) -> grpc.StatusCode | None:
    code = getattr(error, "code", None)
    found = code() if callable(code) else None
    return found if isinstance(found, grpc.StatusCode) else None
