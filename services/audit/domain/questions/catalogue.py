"""All that can be asked, by name."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from services.audit.domain.questions import cases, changes, directory, figures, rights, why
from services.audit.domain.questions.question import Question

QUESTIONS: Final[Mapping[str, Question]] = MappingProxyType(
    {
        **why.QUESTIONS,
        **directory.QUESTIONS,
        **cases.QUESTIONS,
        **rights.QUESTIONS,
        **changes.QUESTIONS,
        **figures.QUESTIONS,
    }
)
