"""The words of the register of rights, by the codes of its contract."""

from collections.abc import Mapping
from typing import Final

from services.console.entrypoints.texts import N_

RIGHTS: Final[Mapping[str, str]] = {
    "ACCESS": N_("To see everything"),
    "CORRECTION": N_("To have something corrected"),
    "ERASURE": N_("To be erased"),
    "RESTRICTION": N_("That data are kept and not used"),
    "PORTABILITY": N_("To take the own data along"),
    "OBJECTION": N_("To object to a use"),
}
ASKED_BY: Final[Mapping[str, str]] = {
    "SELF": N_("The person"),
    "PARENT": N_("A parent"),
    "GUARDIAN": N_("A guardian"),
    "SPOUSE": N_("A husband, wife or partner"),
    "LEGAL_REPRESENTATIVE": N_("A lawyer or somebody else whom the person has authorised"),
    "OTHER_PERSON": N_("Somebody else"),
}
EXTENSIONS: Final[Mapping[str, str]] = {
    "COMPLEXITY": N_("What is asked is complex"),
    "NUMBER_OF_REQUESTS": N_("The person has asked for many things"),
}
ANSWERS: Final[Mapping[str, str]] = {
    "FULFILLED": N_("It was done"),
    "PARTLY_FULFILLED": N_("Some was done, the rest refused"),
    "REFUSED": N_("It was refused"),
    "TAKEN_BACK": N_("The person does not want it any more"),
}
REFUSALS: Final[Mapping[str, str]] = {
    "IDENTITY_NOT_SHOWN": N_("Who asks could not be told"),
    "NO_AUTHORITY": N_("Who asks may not ask for this person"),
    "UNFOUNDED": N_("It is manifestly unfounded"),
    "EXCESSIVE": N_("It is excessive"),
    "RIGHTS_OF_OTHERS": N_("It would harm the rights of others"),
    "LEGAL_OBLIGATION": N_("The law obliges to keep it"),
    "LEGAL_CLAIMS": N_("It is needed for legal claims"),
    "NOTHING_HELD": N_("Nothing of the kind is held"),
}
NO_EXPORTS: Final[Mapping[str, str]] = {
    "TOLD_ORALLY": N_("The person wanted to be told, not to be given something"),
    "QUESTION_ANSWERED": N_("They asked one thing, and had the answer in words"),
    "ALREADY_GIVEN": N_("They have an earlier export, and nothing has happened since"),
}
PROOFS: Final[Mapping[str, str]] = {
    "DOCUMENT_SEEN": N_("A document was seen"),
    "KNOWN_PERSONALLY": N_("Somebody of the desk knows them"),
    "SAFE_CHANNEL": N_("They were reached by the safe channel on record"),
}
"""How who asks was told to be who they are."""
