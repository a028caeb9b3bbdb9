"""What the registers of requests and of complaints have in common: they are read by pages."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

from chassis.caller import Caller
from chassis.postgres import Transaction
from services.intake.adapters.postgres_rights_requests import RequestsView
from services.intake.use_cases.page_with_words import Place
from tests.support.consented_people import OpenIntake
from tests.support.vault import DPO

Page = TypeVar("Page")


@dataclass(frozen=True, slots=True)
class Register(ABC, Generic[Page]):
    """One of them, over a real database."""

    intake: OpenIntake

    @abstractmethod
    async def read(self, tx: Transaction, size: int, view: RequestsView, after: Place | None) -> Page:
        """By the register's own use case."""

    async def listed(
        self,
        view: RequestsView = RequestsView.OPEN,
        *,
        by: Caller = DPO,
        size: int = 0,
        after: Place | None = None,
    ) -> Page:
        async with self.intake.database.transaction(by) as tx:
            return await self.read(tx, size, view, after)
