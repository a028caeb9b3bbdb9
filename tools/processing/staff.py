"""What the hub keeps of those who work with it: a part of the record of processing, the same at every hub.

The periods are those of the services that keep the data; a test compares them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

TITLES: Final[Mapping[str, str]] = {
    "en": "Members of staff, of KEM and of agencies",
    "el": "Μέλη του προσωπικού, του ΚΕΜ και των φορέων",
}
HEADS: Final[Mapping[str, Sequence[str]]] = {
    "en": ("Data", "Purpose", "Legal basis", "Recipients", "Kept for"),
    "el": ("Δεδομένα", "Σκοπός", "Νομική βάση", "Αποδέκτες", "Διατήρηση"),
}


@dataclass(frozen=True, slots=True)
class StaffData:
    """One kind of data, in the order of `HEADS`."""

    data: str
    purpose: str
    legal_basis: str
    recipients: str
    kept: str

    @property
    def cells(self) -> tuple[str, ...]:
        """As a row of the table."""
        return (self.data, self.purpose, self.legal_basis, self.recipients, self.kept)


ROWS: Final[Mapping[str, Sequence[StaffData]]] = {
    "en": (
        StaffData(
            "Login, name, agency and roles of an account",
            "Only who may does what they may, and it can be said who did it",
            "GDPR art. 6(1)(e), art. 32",
            "those who keep accounts, colleagues of the agency, the hub's auditors and data protection"
            " officer",
            "Login and name: 90 days after the account was closed, unless KEM_ACCESS_NAME_RETENTION_DAYS says"
            " otherwise; the random id stays in the ledger",
        ),
        StaffData(
            "E-mail address of whoever wishes to be told that something waits",
            "A mail says that an inbox has something new, and nothing about anybody",
            "GDPR art. 6(1)(a): set, confirmed and ended by each themselves",
            "the mail server that the hub is set up with; nobody else, not the agency's admin either",
            "Until the member or the agency's admin ends it, or the account is closed: then within ten"
            " minutes",
        ),
        StaffData(
            "Who asked for a code for an address: random id, time, the address as a keyed digest",
            "Nobody lets the hub fill a stranger's mailbox",
            "GDPR art. 6(1)(f)",
            "nobody",
            "1 day",
        ),
    ),
    "el": (
        StaffData(
            "Όνομα σύνδεσης, όνομα, φορέας και ρόλοι ενός λογαριασμού",
            "Ο καθένας κάνει μόνο όσα δικαιούται, και μπορεί να ειπωθεί ποιος τα έκανε",
            "ΓΚΠΔ άρθρο 6(1)(ε), άρθρο 32",
            "όσοι τηρούν λογαριασμούς, συνάδελφοι του φορέα, ελεγκτές και υπεύθυνος προστασίας δεδομένων"
            " του κόμβου",
            "Όνομα σύνδεσης και όνομα: 90 ημέρες μετά το κλείσιμο του λογαριασμού, εκτός αν ορίζει άλλο το"
            " KEM_ACCESS_NAME_RETENTION_DAYS· το τυχαίο αναγνωριστικό μένει στο μητρώο",
        ),
        StaffData(
            "Διεύθυνση e-mail όποιου θέλει να ειδοποιείται ότι κάτι περιμένει",
            "Ένα μήνυμα λέει ότι υπάρχει κάτι νέο, και τίποτα για κανέναν άνθρωπο",
            "ΓΚΠΔ άρθρο 6(1)(α): την ορίζει, την επιβεβαιώνει και την παύει ο ίδιος",
            "ο διακομιστής e-mail με τον οποίο έχει ρυθμιστεί ο κόμβος· κανείς άλλος, ούτε ο διαχειριστής του"
            " φορέα",
            "Μέχρι να την παύσει το μέλος ή ο διαχειριστής του φορέα, ή να κλείσει ο λογαριασμός: τότε μέσα"
            " σε δέκα λεπτά",
        ),
        StaffData(
            "Ποιος ζήτησε κωδικό για μια διεύθυνση: τυχαίο αναγνωριστικό, ώρα, η διεύθυνση ως σύνοψη με"
            " κλειδί",
            "Κανείς δεν γεμίζει μέσω του κόμβου το γραμματοκιβώτιο ενός ξένου",
            "ΓΚΠΔ άρθρο 6(1)(στ)",
            "κανείς",
            "1 ημέρα",
        ),
    ),
}
