"""What a holder asks for: as an officer set it for the type, else as the code list has it."""

import pytest

from kernel import codes
from services.intake.domain.needed_categories import needed_mask


@pytest.mark.parametrize("service_type", ["GREEK_A1", "GBV_SHELTER"])
def test_what_an_officer_set_counts_else_the_code_list(service_type: str) -> None:
    assert needed_mask(service_type, None) == codes.service_type(service_type).needed_mask
    narrow, wide = codes.ASSESSMENT_MASK, codes.mask(codes.CATEGORIES)
    assert (needed_mask(service_type, narrow), needed_mask(service_type, wide)) == (narrow, wide)


def test_a_category_newer_than_this_version_is_left_out() -> None:
    assert needed_mask("GREEK_A1", codes.ASSESSMENT_MASK | 1 << 62) == codes.ASSESSMENT_MASK
