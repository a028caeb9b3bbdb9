"""What a desk writes on while the hub is away."""

import re
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kernel.codes import SERVICE_TYPES
from tools.notices.files import SAMPLE_NOTICE, read_notice
from tools.paper_pack.pages import pack

DAY = date(2026, 11, 26)


def test_every_form_has_a_number_of_its_own_on_both_its_pages() -> None:
    page = pack(read_notice(SAMPLE_NOTICE), DAY, 3)
    assert re.findall(r'class="number">([^<]+)<', page) == [
        number for number in ("20261126-001", "20261126-002", "20261126-003") for _ in range(2)
    ]


def test_restricted_services_are_never_on_paper() -> None:
    page = pack(read_notice(SAMPLE_NOTICE), DAY, 1)
    for code, entry in SERVICE_TYPES.items():
        assert (f"({code})" in page) is not entry.restricted


def test_what_the_form_asks_may_be_left_empty_for_each_reason() -> None:
    page = pack(read_notice(SAMPLE_NOTICE), DAY, 1)
    reasons = re.findall(r'<p class="why"><small>(.+?)</small>(.+?)</p>', page)
    assert [len(re.findall('class="box"', boxes)) for _, boxes in reasons] == [6, 6, 6]
    assert len({reason for reason, _ in reasons}) == 3


def test_the_notice_is_there_in_each_language_and_its_direction() -> None:
    page = pack(read_notice(SAMPLE_NOTICE), DAY, 1)
    for language, direction in (
        ("el", "ltr"),
        ("en", "ltr"),
        ("ar", "rtl"),
        ("fa", "rtl"),
        ("ur", "rtl"),
        ("fr", "ltr"),
    ):
        assert f'<section lang="{language}" dir="{direction}">' in page


def test_a_pack_is_a_pdf_and_never_written_over(tmp_path: Path) -> None:
    from tools.receipt.ready import make_ready
    from tools.stack.debian import ProgramMissing

    try:
        make_ready(lambda _: None)
    except ProgramMissing as missing:
        pytest.skip(str(missing))
    import typer

    from tools.paper_pack import register

    app = typer.Typer()
    register(app)
    file = tmp_path / "pack.pdf"
    first = CliRunner().invoke(app, ["--out", str(file), "--forms", "1"])
    assert first.exit_code == 0, first.output
    assert file.read_bytes().startswith(b"%PDF-")
    again = CliRunner().invoke(app, ["--out", str(file), "--forms", "1"])
    assert again.exit_code != 0
