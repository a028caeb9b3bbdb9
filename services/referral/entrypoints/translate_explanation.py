"""An explanation of matches as a message, with its sentences in Greek and English."""

from uuid import UUID

from kem.referral.v1 import referral_pb2 as referral
from kem.referral.v1 import referral_service_pb2 as rpc
from services.referral.domain.explanation import Explanation
from services.referral.domain.matching import Proposal, ScoreTerm
from services.referral.domain.reading_aloud import exclusion_sentence, term_sentence, warning_sentence
from services.referral.entrypoints.translate_directory import after_id
from services.referral.use_cases.explain_matches import ExcludedPage

DEFAULT_PAGE = 50


def excluded_page_of(request: rpc.ExplainMatchesRequest) -> ExcludedPage:
    """Raises Invalid (PAGE_TOKEN_INVALID)."""
    after: UUID = after_id(request.page_token)
    return ExcludedPage(request.excluded_reason, after, request.page_size or DEFAULT_PAGE)


def explanation_message(explanation: Explanation) -> rpc.ExplainMatchesResponse:
    return rpc.ExplainMatchesResponse(
        proposals=[
            proposal_message(rank, proposal) for rank, proposal in enumerate(explanation.proposals, start=1)
        ],
        exclusions=[
            _exclusion_message(reason, count) for reason, count in sorted(explanation.exclusions.items())
        ],
        excluded=[
            referral.ExcludedService(
                service_id=str(one.service_id), agency_id=str(one.agency_id), reason=one.reason
            )
            for one in explanation.excluded
        ],
        next_page_token=str(explanation.next_after) if explanation.next_after else "",
        policy_version=explanation.policy_version,
    )


def proposal_message(rank: int, proposal: Proposal) -> referral.Proposal:
    """The proposal with each term's value, weight and sentences; `rank` 1 is best."""
    return referral.Proposal(
        rank=rank,
        service_id=str(proposal.service_id),
        agency_id=str(proposal.agency_id),
        name_el=proposal.candidate.name_el,
        name_en=proposal.candidate.name_en,
        score=proposal.score,
        terms=[_term_message(term) for term in proposal.terms],
        warnings=proposal.warnings,
        service_version=proposal.service_version,
        free_places=proposal.free_places,
        permitted=proposal.permitted,
        warning_texts=map(_warning_message, proposal.warnings),
    )


def _term_message(term: ScoreTerm) -> referral.ScoreTerm:
    sentence = term_sentence(term)
    return referral.ScoreTerm(
        term=term.term, value=term.value, weight=term.weight, text_el=sentence.el, text_en=sentence.en
    )


def _warning_message(warning: str) -> referral.Warning:
    sentence = warning_sentence(warning)
    return referral.Warning(warning=warning, text_el=sentence.el, text_en=sentence.en)


def _exclusion_message(reason: str, count: int) -> referral.Exclusion:
    sentence = exclusion_sentence(reason)
    return referral.Exclusion(reason=reason, text_el=sentence.el, text_en=sentence.en, count=count)
