"""Accounts in a real database: opened, signed in to, and looked at."""

import base64
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

from chassis.caller import AssertionSigner, Caller
from chassis.postgres import Database
from kem.access.v1.access_events_pb2 import AccessEvent
from kernel.ids import AgencyId, PrincipalId, random_id
from kernel.vocabulary import Role
from services.access.adapters.closed_accounts import CLOSED_FILE, ClosedAccounts
from services.access.adapters.password_hasher import PasswordHasher
from services.access.adapters.postgres_accounts import PostgresAccounts
from services.access.adapters.postgres_credentials import PostgresCredentials
from services.access.adapters.postgres_refusals import PostgresRefusals
from services.access.adapters.postgres_sessions import PostgresSessions
from services.access.adapters.postgres_sign_in_tries import PostgresSignInTries
from services.access.adapters.refusal_book import RefusalBook
from services.access.adapters.sign_in_key import SignInKey
from services.access.domain.authenticator import STEP_SECONDS, code_at
from services.access.domain.session import SessionLimits
from services.access.use_cases.authenticate import Offered, SignInParts, SignInRefused
from services.access.use_cases.begin_enrolment import begin_enrolment
from services.access.use_cases.begin_session import NewSession
from services.access.use_cases.change_password import change_password
from services.access.use_cases.confirm_enrolment import confirm_enrolment
from services.access.use_cases.issue_assertion import IssuedAssertion, issue_assertion
from services.access.use_cases.keep_accounts import KeepingParts, make_one_time
from services.access.use_cases.open_account import open_account
from services.access.use_cases.sign_in import sign_in
from tests.integration.chassis.assertions import make_signer
from tests.integration.chassis.waiting import until
from tests.support.postgres import FreshDatabase

PASSWORD = "four green chairs"
ISSUER = "https://id.example"
THUMBPRINT = "thumb"
LIMITS = SessionLimits(timedelta(minutes=30), timedelta(hours=12))


@dataclass(slots=True)
class Person:
    """A member of staff, and what they know."""

    principal_id: PrincipalId
    login: str
    password: str
    secret: bytes = b""

    def code(self, steps: int = 0) -> str:
        """What their authenticator shows, so many steps from now."""
        return code_at(self.secret, int(time.time()) // STEP_SECONDS + steps)

    def offers(self, **other: str) -> Offered:
        """By what they are known, unless something else is said."""
        return Offered(**{"login": self.login, "password": self.password, **other})


@dataclass(slots=True)
class Staff:
    """The verbs of the service over one database."""

    files: FreshDatabase
    app: Database
    worker: Database
    signing_in: SignInParts
    keeping: KeepingParts
    closed: ClosedAccounts
    signer: AssertionSigner
    folder: Path
    operator: Caller = field(default_factory=lambda: keeper(Role.OPERATOR))

    async def open(
        self, *roles: Role, agency_id: AgencyId | None = None, caller: Caller | None = None
    ) -> Person:
        """An account with its one-time password."""
        caller = caller or self.operator
        database = self.worker if Role.OPERATOR in caller.roles else self.app
        one_time = await make_one_time(uuid4(), caller, self.keeping)
        login = f"staff-{random_id().hex[:8]}"
        async with database.transaction(caller) as tx:
            listed = await open_account(
                agency_id, login, "Sample Person", list(roles), one_time, caller, tx, self.keeping
            )
        return Person(listed.account.principal_id, login, one_time.password)

    async def member(self, *roles: Role, agency_id: AgencyId | None = None) -> Person:
        """Somebody who has chosen a password."""
        person = await self.open(*(roles or (Role.CASEWORKER,)), agency_id=agency_id)
        await change_password(person.offers(), PASSWORD, self.signing_in)
        person.password = PASSWORD
        return person

    async def enrol(self, person: Person) -> NewSession:
        """Gives them their first authenticator, by the code of the step before."""
        person.secret = secret_in(await begin_enrolment(person.offers(), self.signing_in))
        await until(a_step_lasts)
        return await confirm_enrolment(person.offers(), person.code(-1), self.signing_in)

    async def sign_in(self, person: Person, **other: str) -> NewSession:
        return await sign_in(person.offers(**other), self.signing_in)

    async def sign_in_by_code(self, person: Person) -> NewSession:
        """By what their authenticator shows; anew only where the machine stood still until that was over."""
        while True:
            shown_time = time.time()
            try:
                return await self.sign_in(person, code=person.code())
            except SignInRefused:
                if time.time() - shown_time < STEP_SECONDS:
                    raise

    async def assertion(self, session_token: str, *, by_itself: bool = False) -> IssuedAssertion:
        return await issue_assertion(
            session_token, THUMBPRINT, self.signing_in, self.signer, by_itself=by_itself
        )

    def records(self) -> list[tuple[UUID, str, str]]:
        """Of each access on record: who, the RPC's name, and the reason of a refusal."""
        return [
            (UUID(event.actor.id), record.method.rpartition("/")[2], record.refusal_reason)
            for event in self._told()
            if event.HasField("access_recorded")
            for record in [event.access_recorded]
        ]

    def refusals(self) -> Counter[tuple[UUID, str, str]]:
        """How often who was refused what and why, by what was told one by one and by numbers."""
        counted = Counter[tuple[UUID, str, str]]()
        for event in self._told():
            record = event.access_recorded
            if record.refusal_reason:
                kind = UUID(event.actor.id), record.method.rpartition("/")[2], record.refusal_reason
                counted[kind] += record.times or 1
        return counted

    def facts(self, person: Person) -> list[str]:
        """What was told about an account."""
        return [
            str(event.WhichOneof("fact"))
            for event in self._told()
            if event.aggregate_id == str(person.principal_id)
        ]

    def _told(self) -> list[AccessEvent]:
        rows = self.files.execute("select encode(payload, 'hex') from access.outbox order by id").split()
        return [AccessEvent.FromString(bytes.fromhex(row)) for row in rows]

    def later(self, **time_passed: float) -> None:
        """Lets time pass, for sessions, tries and one-time passwords: all of their times lie further back."""
        seconds = timedelta(**time_passed).total_seconds()
        for table, columns in {
            "session": ("begun_time", "used_time", "end_time"),
            "sign_in_try": ("last_try_time", "next_try_time"),
            "credential": ("one_time_end_time",),
            "provider_sign_in": ("end_time",),
            "account": ("closed_time",),
            "refusal_window": ("begin_time",),
        }.items():
            moved = ", ".join(f"{one} = {one} - interval '{seconds} seconds'" for one in columns)
            self.files.execute(f"update access.{table} set {moved}")

    def rows(self, statement: str) -> list[str]:
        return self.files.execute(statement).splitlines()


def secret_in(otpauth_uri: str) -> bytes:
    """What an authenticator reads."""
    return base64.b32decode(parse_qs(urlsplit(otpauth_uri).query)["secret"][0])


def a_step_lasts() -> bool:
    """Whether the code of the step before will still be taken when a hash has been made."""
    return time.time() % STEP_SECONDS < STEP_SECONDS - 6


def keeper(role: Role, agency_id: AgencyId | None = None) -> Caller:
    """Somebody who keeps accounts."""
    return Caller(random_id(), agency_id, frozenset({role}), "", "mfa", "kem-access")


def staff_over(
    files: FreshDatabase, app: Database, worker: Database, hasher: PasswordHasher, folder: Path
) -> Staff:
    """Everything that `services/access/__main__.py` wires, but the doors."""
    key = SignInKey(os.urandom(32))
    (folder / CLOSED_FILE).touch()
    accounts, credentials, sessions = PostgresAccounts(), PostgresCredentials(key), PostgresSessions()
    book = RefusalBook(worker, PostgresRefusals())
    tries = PostgresSignInTries()
    signing_in: Any = (worker, accounts, credentials, sessions, tries, hasher, key, LIMITS, book)
    return Staff(
        files,
        app,
        worker,
        SignInParts(*signing_in),
        KeepingParts(accounts, credentials, sessions, hasher, key, timedelta(days=7), frozenset({ISSUER})),
        ClosedAccounts(folder),
        make_signer(folder, "kem-access"),
        folder,
    )
