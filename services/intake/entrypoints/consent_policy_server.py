"""The door for notices and for the rules for children."""

from datetime import datetime
from typing import Final
from uuid import UUID

import grpc

from chassis.current import current_caller
from chassis.instants import timestamp
from chassis.postgres import Transaction
from chassis.requests import answer_once
from kem.intake.v1 import consent_policy_service_pb2 as messages
from kem.intake.v1 import consent_policy_service_pb2_grpc
from kernel.errors import Invalid, NotFound
from kernel.time import utc
from services.intake.adapters.postgres_consent_policy import ListedNotice
from services.intake.domain.age_rules import AgeRule
from services.intake.domain.notice import NoticeTerms, NoticeText, PublishedNotice
from services.intake.entrypoints.consent_parts import ConsentParts
from services.intake.use_cases.publish_notice import publish_notice
from services.intake.use_cases.save_age_rules import save_age_rules

_SERVICE: Final = "/kem.intake.v1.ConsentPolicyService"
PUBLISH: Final = f"{_SERVICE}/PublishNotice"
SAVE_AGE_RULES: Final = f"{_SERVICE}/SaveAgeRules"
USUAL_PAGE_SIZE: Final = 50

_Context = grpc.aio.ServicerContext


class ConsentPolicyServer(consent_policy_service_pb2_grpc.ConsentPolicyServiceServicer):
    """kem.intake.v1.ConsentPolicyService. Nothing here is about a person."""

    def __init__(self, parts: ConsentParts) -> None:
        self._parts = parts

    async def PublishNotice(
        self,
        request: messages.PublishNoticeRequest,
        context: _Context[messages.PublishNoticeRequest, messages.PublishNoticeResponse],
    ) -> messages.PublishNoticeResponse:
        said = request.terms
        terms = NoticeTerms(
            said.controller,
            said.jurisdiction,
            said.storage,
            said.retention,
            said.withdrawal,
            said.supervisory_authority,
        )
        texts = [NoticeText(text.language, text.text) for text in request.texts]
        notice = PublishedNotice(request.version, terms, texts)

        async def act(tx: Transaction) -> messages.PublishNoticeResponse:
            published_time = await publish_notice(UUID(request.request_id), notice, tx, self._parts.policy)
            return messages.PublishNoticeResponse(published_time=timestamp(published_time))

        return await answer_once(self._parts.database, PUBLISH, request, messages.PublishNoticeResponse, act)

    async def ListNotices(
        self,
        request: messages.ListNoticesRequest,
        context: _Context[messages.ListNoticesRequest, messages.ListNoticesResponse],
    ) -> messages.ListNoticesResponse:
        size = request.page_size or USUAL_PAGE_SIZE
        async with self._parts.database.transaction(current_caller()) as tx:
            found = await self._parts.policy.page(tx, place_from(request.page_token), size + 1)
        last = found[size - 1] if len(found) > size else None
        return messages.ListNoticesResponse(
            notices=[_listed(one) for one in found[:size]],
            next_page_token=f"{last.published_time.isoformat()} {last.version}" if last else "",
        )

    async def GetNotice(
        self,
        request: messages.GetNoticeRequest,
        context: _Context[messages.GetNoticeRequest, messages.GetNoticeResponse],
    ) -> messages.GetNoticeResponse:
        async with self._parts.database.transaction(current_caller()) as tx:
            text = await self._parts.policy.text(tx, request.version, request.language)
        if text is None:
            raise NotFound("There is no such notice in this language.", reason="NOTICE_NOT_FOUND")
        return messages.GetNoticeResponse(
            text=messages.NoticeText(language=text.language, text=text.text), sha256=text.sha256.hex()
        )

    async def SaveAgeRules(
        self,
        request: messages.SaveAgeRulesRequest,
        context: _Context[messages.SaveAgeRulesRequest, messages.SaveAgeRulesResponse],
    ) -> messages.SaveAgeRulesResponse:
        rules = [
            AgeRule(rule.from_age, rule.below_age, rule.may_permit_alone, rule.assent_needed, rule.source)
            for rule in request.rules
        ]

        async def act(tx: Transaction) -> messages.SaveAgeRulesResponse:
            version = await save_age_rules(UUID(request.request_id), rules, tx, self._parts.policy)
            return messages.SaveAgeRulesResponse(rules_version=version)

        return await answer_once(
            self._parts.database, SAVE_AGE_RULES, request, messages.SaveAgeRulesResponse, act
        )

    async def ListAgeRules(
        self,
        request: messages.ListAgeRulesRequest,
        context: _Context[messages.ListAgeRulesRequest, messages.ListAgeRulesResponse],
    ) -> messages.ListAgeRulesResponse:
        async with self._parts.database.transaction(current_caller()) as tx:
            version, rules = await self._parts.policy.age_rules(tx)
        return messages.ListAgeRulesResponse(
            rules_version=version,
            rules=[
                messages.AgeRule(
                    from_age=rule.from_age,
                    below_age=rule.below_age,
                    may_permit_alone=rule.may_permit_alone,
                    assent_needed=rule.assent_needed,
                    source=rule.source,
                )
                for rule in rules
            ],
        )


def _listed(notice: ListedNotice) -> messages.ListedNotice:
    terms = notice.terms
    return messages.ListedNotice(
        version=notice.version,
        terms=messages.NoticeTerms(
            controller=terms.controller,
            jurisdiction=terms.jurisdiction,
            storage=terms.storage,
            retention=terms.retention,
            withdrawal=terms.withdrawal,
            supervisory_authority=terms.supervisory_authority,
        ),
        hashes=[messages.NoticeHash(language=language, sha256=sha.hex()) for language, sha in notice.hashes],
        published_time=timestamp(notice.published_time),
    )


def place_from(token: str) -> tuple[datetime, str] | None:
    """Raises Invalid (PAGE_TOKEN_INVALID)."""
    if not token:
        return None
    try:
        instant, version = token.split(" ")
        return utc(datetime.fromisoformat(instant)), version
    except (ValueError, OverflowError):
        raise Invalid("This page_token was not given by this list.", reason="PAGE_TOKEN_INVALID") from None
