"""A masked name tells two people apart and shows neither."""

from services.intake.domain.beneficiary import Name, Names
from services.intake.domain.masking import WITHHELD, masked_name


def test_only_first_letters_are_shown_and_the_length_is_not() -> None:
    assert masked_name(Names(Name("آمنة", "س"), Name("Amna", "Al-Ikhtira"))) == "A••• A•••"
    assert masked_name(Names(latin=Name("Bo", "Li"))) == "B••• L•••"
    assert masked_name(Names(latin=Name("Suharto"))) == "S•••"


def test_a_withheld_name_stays_withheld() -> None:
    assert masked_name(Names(withheld=True)) == WITHHELD
