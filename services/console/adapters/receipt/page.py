"""A receipt as one page to print: no script, nothing loaded from elsewhere, every value by itself."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

import segno

from kem.disclosure.v1.receipt_service_pb2 import ReceiptContent, ReceiptFact, ReceiptItem, ReceiptText

_STYLE: Final = """
@page{size:A4;margin:14mm 15mm}
body{font:%(points)spt/1.35 "Noto Sans","Noto Sans Arabic",sans-serif;color:#0b0c0c;margin:0}
h1{font-size:1.7em;margin:0}
h2{font-size:1.15em;margin:.8em 0 .25em;border-block-end:1px solid #0b0c0c;break-after:avoid}
p{margin:.2em 0}header p{margin:0}ul{list-style:none;margin:0;padding:0}
li{margin:.3em 0;padding-block-end:.25em;border-block-end:.5px solid #b1b4b6;break-inside:avoid}
li b,li span{display:block}header span{margin-inline-end:1em}i{font-style:normal;color:#383f43}
li .hand{height:1.8em;width:60%%;border-block-end:1px solid #0b0c0c}
.code{margin-block-start:1em;border:1.5px solid #0b0c0c;padding:.6em;break-inside:avoid;break-before:avoid}
.code table{border-collapse:collapse}.code td{vertical-align:middle;padding:0;padding-inline-end:1em}
.code bdi{font-size:1.4em;font-weight:bold;letter-spacing:.06em}
img{width:26mm;height:26mm}
"""
_NUMBERS: Final = '@page{@bottom-center{content:counter(page) " / " counter(pages);font:9pt "Noto Sans"}}'


def page_of(content: ReceiptContent, code: str, points: float = 11, *, numbered: bool = False) -> str:
    """The page as HTML, `points` high; several are `numbered`. Its QR code holds the code, no address."""
    direction, comma = ("rtl", "، ") if content.right_to_left else ("ltr", ", ")
    body = [
        f"<header><p>{escape(content.issuer)}</p><h1>{escape(content.title)}</h1>",
        f"<p>{''.join(_fact(one, comma) for one in content.facts)}</p></header>",
        *(
            f"<h2>{escape(one.heading)}</h2>{_sentences(one.sentences)}{_items(one.items, comma)}"
            for one in content.sections
        ),
        _code(code, content.code_note),
    ]
    return (
        f'<!doctype html>\n<html lang="{escape(content.language)}" dir="{direction}">\n'
        f'<head><meta charset="utf-8"/><title>{escape(content.title)}</title>'
        f"<style>{_STYLE % {'points': points}}{_NUMBERS if numbered else ''}</style></head>\n<body>\n"
        + "\n".join(body)
        + "\n</body>\n</html>\n"
    )


def _sentences(sentences: Sequence[str]) -> str:
    return "".join(f"<p>{escape(one)}</p>" for one in sentences)


def _items(items: Iterable[ReceiptItem], comma: str) -> str:
    lines = "".join(
        f"<li><b>{_text(one.head)}</b>{''.join(_fact(fact, comma) for fact in one.facts)}</li>"
        for one in items
    )
    return f"<ul>{lines}</ul>" if lines else ""


def _fact(fact: ReceiptFact, comma: str) -> str:
    """Without values it is for a hand to write."""
    values = comma.join(map(_text, fact.values)) or '<span class="hand">&#160;</span>'
    label = f"<i>{escape(fact.label)}:</i> " if fact.label else ""
    return f"<span>{label}{values}</span>"


def _text(text: ReceiptText) -> str:
    """Kept apart from the direction of the text around it; what is not the page's own is Greek or English."""
    language = f' lang="{escape(text.language)}" dir="ltr"' if text.language else ""
    return f"<bdi{language}>{escape(text.text)}</bdi>"


def _code(code: str, note: str) -> str:
    picture = segno.make(code, error="m", micro=False).svg_data_uri(border=2)
    return (
        '<div class="code"><table role="presentation"><tr>'
        f'<td><img alt="QR: {escape(code)}" src="{picture}"/></td>'
        f'<td><bdi dir="ltr">{escape(code)}</bdi><p>{escape(note)}</p></td></tr></table></div>'
    )
