"""What a mail says: that something waits, how much of which kind, where to look; nothing of what it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

from services.notifications.domain.recipient import OFFICERS, Inbox


@dataclass(frozen=True, slots=True)
class News:
    """What is new in an inbox, by number."""

    offers: int = 0
    recalls: int = 0
    others: int = 0
    is_emergency: bool = False


@dataclass(frozen=True, slots=True)
class MailText:
    """A mail's words."""

    subject: str
    text: str
    html: str


_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "el": {
        "emergency": "KEM: επείγον – κάτι περιμένει τώρα",
        "subject": "KEM: κάτι νέο περιμένει",
        "offers": "Νέες προσφορές παραπομπών: {n}",
        "recalls": "Στοιχεία που ζητήθηκαν πίσω: {n}",
        "others": "Άλλα νέα σε παραπομπές σας: {n}",
        "waiting": "Νέα που περιμένουν εσάς: {n}",
        "look": "Δείτε τα στη σελίδα, αφού συνδεθείτε: {link}",
        "stop": "Πόσο συχνά στέλνονται αυτά τα μηνύματα, ή να μη στέλνονται: {settings}",
        "nothing": "Αυτό το μήνυμα δεν λέει τίποτα για κανέναν άνθρωπο. Μην απαντάτε σε αυτό.",
        "code_subject": "KEM: ο κωδικός για αυτή τη διεύθυνση",
        "code": "Γράψτε αυτόν τον κωδικό στη σελίδα «Ειδοποιήσεις με e-mail»: {code}",
        "code_why": "Κάποιος ζήτησε να ειδοποιείται εδώ για νέα στον κόμβο KEM. Αν δεν ήσασταν εσείς, μην"
        " κάνετε τίποτα.",
    },
    "en": {
        "emergency": "KEM: urgent – something waits now",
        "subject": "KEM: something new waits",
        "offers": "New offers of referrals: {n}",
        "recalls": "Data asked back: {n}",
        "others": "Other news of your referrals: {n}",
        "waiting": "News that waits for you: {n}",
        "look": "See them on the page, after you have signed in: {link}",
        "stop": "How often these mails come, or that they stop: {settings}",
        "nothing": "This mail says nothing about anybody. Do not answer it.",
        "code_subject": "KEM: the code for this address",
        "code": "Type this code on the page “Notices by e-mail”: {code}",
        "code_why": "Somebody asked to be told here of news at the KEM hub. If it was not you, do nothing.",
    },
}
_PATHS: Final = {
    Inbox.AGENCY: "/partner",
    Inbox.DESK: "/desk",
    **dict.fromkeys(OFFICERS, "/home"),
}
"""Officers are led to where all their lists begin: the way to one of them would say what waits."""
_SETTINGS: Final = "/notices"


def news_mail(language: str, inbox: Inbox, news: News, console: str) -> MailText:
    """That something waits; officers are told of how much, and not of what kind.

    Args:
        console: where the console's pages are.
    """
    words = _WORDS[language]
    counts = (
        {"waiting": news.offers + news.recalls + news.others}
        if inbox in OFFICERS
        else {"offers": news.offers, "recalls": news.recalls, "others": news.others}
    )
    lines = [words[kind].format(n=number) for kind, number in counts.items() if number]
    lines += [
        words["look"].format(link=console + _PATHS[inbox]),
        words["stop"].format(settings=console + _SETTINGS),
        words["nothing"],
    ]
    return _mail(language, words["emergency" if news.is_emergency else "subject"], lines)


def code_mail(language: str, code: str) -> MailText:
    """The code that confirms an address."""
    words = _WORDS[language]
    return _mail(language, words["code_subject"], [words["code"].format(code=code), words["code_why"]])


def _mail(language: str, subject: str, lines: list[str]) -> MailText:
    body = "".join(f"<p>{_linked(line)}</p>" for line in lines)
    html = (
        f'<!doctype html><html lang="{language}"><title>{escape(subject)}</title><body>{body}</body></html>'
    )
    return MailText(subject, "\n\n".join(lines) + "\n", html)


def _linked(line: str) -> str:
    """The address at the end of a line as a link."""
    words, _, last = line.rpartition(" ")
    if not last.startswith(("https://", "http://")):
        return escape(line)
    return f'{escape(words)} <a href="{escape(last)}">{escape(last)}</a>'
