"""Texts that are written in one place and translated where they are shown."""


def N_(text: str) -> str:
    """Marks a text for translators."""
    return text
