"""A receipt as PDF is accessible by the standard's own measure, in each of its languages."""

from pathlib import Path

from services.console.adapters.receipt.page import page_of
from services.console.adapters.receipt.pdf import SIZES, laid_out, pdf_of
from services.intake.domain.receipt_wording import PAGES, worded
from services.intake.entrypoints.receipt_message import content_message
from tests.support.verapdf import held_against_pdf_ua
from tests.unit.test_receipt_page import CODE, TOLD
from tools.receipt.ready import make_ready


def test_a_receipt_of_each_language_holds_to_pdf_ua(tmp_path: Path) -> None:
    make_ready(print)
    files = [tmp_path / f"{language}.pdf" for language in PAGES]
    for language, file in zip(PAGES, files, strict=True):
        file.write_bytes(pdf_of(content_message(worded(TOLD, language)), CODE))
    untagged = tmp_path / "untagged.pdf"
    untagged.write_bytes(laid_out(page_of(content_message(worded(TOLD, "en")), CODE, SIZES[0])).write_pdf())
    *receipts, plain = held_against_pdf_ua([*files, untagged])
    assert plain.broken_clauses, "the measure finds what is not tagged"
    for language, found in zip(PAGES, receipts, strict=True):
        assert found.checks > 1000
        assert not found.broken_clauses, language
