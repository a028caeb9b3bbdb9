"""A receipt's words as the message that carries them."""

from kem.disclosure.v1 import receipt_service_pb2 as messages
from services.intake.domain.receipt_wording import Content, Fact, Item, Section, Text


def content_message(content: Content) -> messages.ReceiptContent:
    """The page, in its order."""
    return messages.ReceiptContent(
        language=content.language,
        right_to_left=content.right_to_left,
        title=content.title,
        issuer=content.issuer,
        facts=[_fact(one) for one in content.facts],
        sections=[_section(one) for one in content.sections],
        code_note=content.code_note,
    )


def _section(section: Section) -> messages.ReceiptSection:
    return messages.ReceiptSection(
        heading=section.heading, sentences=section.sentences, items=[_item(one) for one in section.items]
    )


def _item(item: Item) -> messages.ReceiptItem:
    return messages.ReceiptItem(head=_text(item.head), facts=[_fact(one) for one in item.facts])


def _fact(fact: Fact) -> messages.ReceiptFact:
    return messages.ReceiptFact(label=fact.label, values=[_text(one) for one in fact.values])


def _text(text: Text) -> messages.ReceiptText:
    return messages.ReceiptText(text=text.text, language=text.language)
