"""A receipt as PDF: read aloud in its order, whole on its pages, made of nothing but itself."""

import os
import re
import subprocess
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from services.console.adapters.receipt.page import page_of
from services.console.adapters.receipt.pdf import SIZES, laid_out, pdf_of
from services.intake.domain.receipt_wording import PAGES, worded
from services.intake.entrypoints.receipt_message import content_message
from tests.unit.test_receipt_page import CODE, TOLD
from tools.receipt.ready import make_ready
from tools.stack.debian import find_programs


@pytest.fixture(autouse=True, scope="module")
def everything_is_there() -> None:
    make_ready(print)
    find_programs({"pdfinfo": "poppler-utils"}, "looking into a receipt", print)


def poppler(program: str, made: bytes, *arguments: str) -> str:
    done = subprocess.run(
        [program, *arguments, "-", *(["-"] if program == "pdftotext" else [])],
        input=made,
        capture_output=True,
        check=True,
    )
    return done.stdout.decode()


def inflated(made: bytes) -> bytes:
    """The file with its objects as they were before they were compressed."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", made, re.DOTALL)
    return made + b"".join(zlib.decompressobj().decompress(one) for one in streams if one[:1] == b"x")


@pytest.mark.parametrize("language", PAGES)
def test_a_reader_for_the_blind_finds_language_headings_and_what_the_picture_is(language: str) -> None:
    content = content_message(worded(TOLD, language))
    made = pdf_of(content, CODE)
    about = poppler("pdfinfo", made)
    assert re.search(r"Tagged: +yes", about)
    assert content.title in about
    assert re.search(r"pdfuaid:part\W+1\b", poppler("pdfinfo", made, "-meta"))
    assert f"/Lang ({language})".encode() in inflated(made)
    structure = poppler("pdfinfo", made, "-struct-text")
    assert structure.count("H2") == len(content.sections)
    assert structure.count("Figure") == 1
    assert f"/Alt (QR: {CODE})".encode() in inflated(made)
    # letters lie there as they stand on paper; poppler's structure does not turn those from right to left
    step = -1 if content.right_to_left else 1
    for heading in (one.heading for one in content.sections):
        assert heading.split()[0][::step] in structure


@pytest.mark.parametrize("language", PAGES)
def test_letters_are_embedded_and_nothing_is_cut_off(language: str) -> None:
    content = content_message(worded(TOLD, language))
    made = pdf_of(content, CODE)
    fonts = poppler("pdffonts", made).splitlines()[2:]
    assert fonts
    assert all("Noto" in one and one.split()[-5:-2] == ["yes", "yes", "yes"] for one in fonts)
    assert "Pages:           1" in poppler("pdfinfo", made)
    assert CODE in poppler("pdftotext", made)
    boxes = poppler("pdftotext", made, "-bbox")
    words = re.findall(
        r'<word xMin="([-.0-9]+)" yMin="([-.0-9]+)" xMax="([-.0-9]+)" yMax="([-.0-9]+)"', boxes
    )
    assert len(words) > 50
    for left, top, right, bottom in words:
        assert 40 < float(left) <= float(right) < 596 - 40
        assert 35 < float(top) < float(bottom) < 842 - 35


def test_very_much_goes_on_over_numbered_pages_in_the_largest_letters() -> None:
    many = replace(TOLD, referrals=[TOLD.referrals[0]] * 60)
    made = pdf_of(content_message(worded(many, "fa")), CODE)
    last = int(re.search(r"Pages: +(\d+)", poppler("pdfinfo", made)).group(1))  # type: ignore[union-attr]  # it says so
    assert last > 2
    text = poppler("pdftotext", made)
    assert text.count("\f") == last
    for page, words in enumerate(text.split("\f")[:-1], 1):
        assert {str(page), str(last)} == set(re.findall(r"\d+", words.strip().splitlines()[-1]))
    assert CODE in text.split("\f")[last - 1]
    assert SIZES[0] == max(SIZES)


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """A server on this machine, and what it was asked."""
    asked: list[str] = []

    class Asked(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    server = HTTPServer(("127.0.0.1", 0), Asked)
    serving = Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


@pytest.mark.parametrize(
    "page",
    [
        '<img src="{}/picture.png" alt="x"/>',
        "<style>body{{background:url({}/back.png)}}</style><p>x</p>",
        "<style>@import url({}/style.css);</style><p>x</p>",
        '<link rel="stylesheet" href="{}/style.css"/><p>x</p>',
    ],
)
def test_whatever_a_page_names_is_not_fetched(page: str, tmp_path: Path) -> None:
    from weasyprint.urls import FatalURLFetchingError

    (tmp_path / "style.css").write_text("p{color:red}")
    with listening() as (address, asked):
        for where in (address, tmp_path.as_uri()):
            with pytest.raises(FatalURLFetchingError):
                laid_out(page.format(where))
        assert asked == []


def test_what_an_agency_calls_itself_is_text_and_no_page() -> None:
    name = {"el": '<img src="http://127.0.0.1/x">', "en": '<img src="http://127.0.0.1/x">'}
    told = replace(TOLD, names=dict.fromkeys(TOLD.names, name))
    page = page_of(content_message(worded(told, "en")), CODE)
    assert '<img src="http' not in page
    assert "<img src" in poppler("pdftotext", pdf_of(content_message(worded(told, "en")), CODE))


def test_nothing_of_it_is_left_in_any_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    monkeypatch.chdir(tmp_path)
    opened: list[str] = []
    watching = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event == "open" and _is_writing(arguments):
            opened.append(str(arguments[0]))

    import sys

    sys.addaudithook(watch)
    pdf_of(content_message(worded(TOLD, "en")), CODE)
    watching = False
    assert opened == []
    assert [one for one in tmp_path.rglob("*") if one.is_file()] == []


def _is_writing(arguments: tuple[object, ...]) -> bool:
    _, mode, flags = arguments
    by_flags = isinstance(flags, int) and bool(flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    return by_flags or (isinstance(mode, str) and any(one in mode for one in "wax+"))
