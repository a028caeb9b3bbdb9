"""Notices and the rules for children: what a data protection officer may publish."""

import re
from dataclasses import replace

import pytest

from kernel.errors import Invalid
from services.intake.domain.age_rules import AgeRule, check_age_rules, rule_for
from services.intake.domain.notice import HEADINGS, LANGUAGES, MAX_CHARACTERS, NoticeText, check_notice
from tools.notices.files import SAMPLE_NOTICE, read_notice

TEXTS = [NoticeText(text.language, text.text) for text in read_notice(SAMPLE_NOTICE).texts]
RULES = [AgeRule(0, 6, False, False, "law"), AgeRule(6, 18, False, True, "law")]


def test_the_notice_of_the_sample_city_is_one_that_may_be_published() -> None:
    check_notice(TEXTS)


def test_each_heading_of_the_sample_notice_is_a_question_in_every_language() -> None:
    for text in TEXTS:
        headings = re.findall(r"^## (.+)$", text.text, re.MULTILINE)
        assert [heading for heading in headings if heading[-1] not in "?;؟"] == [], text.language


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        (TEXTS[1:], "NOTICE_LANGUAGES"),
        ([*TEXTS, TEXTS[0]], "NOTICE_LANGUAGES"),
        ([*TEXTS[1:], replace(TEXTS[0], text=TEXTS[0].text + "\n## one more?\n")], "NOTICE_HEADINGS"),
        ([*TEXTS[1:], replace(TEXTS[0], text=TEXTS[0].text + "x" * MAX_CHARACTERS)], "NOTICE_TOO_LONG"),
    ],
)
def test_nobody_is_shown_less_than_others(texts: list[NoticeText], reason: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_notice(texts)
    assert refusal.value.stable_reason == reason


def test_a_notice_has_the_languages_and_points_that_the_hub_promises() -> None:
    assert (set(LANGUAGES), HEADINGS) == ({"el", "en", "ar", "fa", "ur", "fr"}, 11)


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        (RULES[:1], "AGE_RULES_INCOMPLETE"),
        (RULES[1:], "AGE_RULES_INCOMPLETE"),
        ([RULES[0], replace(RULES[1], from_age=5)], "AGE_RULES_INCOMPLETE"),
        ([RULES[0], replace(RULES[1], from_age=7)], "AGE_RULES_INCOMPLETE"),
        ([*RULES, RULES[1]], "AGE_RULES_INCOMPLETE"),
        ([RULES[0], replace(RULES[1], source=" ")], "AGE_RULE_WITHOUT_SOURCE"),
    ],
)
def test_rules_for_children_cover_each_age_once_and_name_their_source(
    rules: list[AgeRule], reason: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        check_age_rules(rules)
    assert refusal.value.stable_reason == reason


def test_rules_may_come_in_any_order() -> None:
    check_age_rules(RULES[::-1])
    found = [rule_for(RULES[::-1], age) for age in (0, 5, 6, 17, 18, None)]
    assert found == [RULES[0], RULES[0], RULES[1], RULES[1], None, None]
