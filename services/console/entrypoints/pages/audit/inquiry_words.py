"""The words of inquiries, by the codes of their contracts."""

from collections.abc import Mapping
from typing import Final

from services.console.entrypoints.texts import N_

HOW: Final[Mapping[str, str]] = {
    "PULLED": N_("Read"),
    "VERBAL": N_("Told by telephone"),
    "EMERGENCY": N_("Read in an emergency"),
    "COMPELLED": N_("Given to an authority"),
    "SUBJECT": N_("Given to the person, or who asked for them"),
}
GIVERS: Final[Mapping[str, str]] = {
    "SELF": N_("The person"),
    "PARENT": N_("A parent"),
    "GUARDIAN": N_("A guardian"),
    "LEGAL_REPRESENTATIVE": N_("A legal representative"),
}
MODES: Final[Mapping[str, str]] = {
    "IN_PERSON": N_("In person"),
    "TELEPHONE": N_("By telephone"),
    "VIDEO": N_("By video"),
}
AUTHORITIES: Final[Mapping[str, str]] = {
    "POLICE": N_("The police"),
    "PUBLIC_PROSECUTOR": N_("A public prosecutor"),
    "COURT": N_("A court"),
    "CHILD_PROTECTION_SERVICE": N_("The child protection service"),
    "PUBLIC_HEALTH_SERVICE": N_("The public health service"),
    "ASYLUM_SERVICE": N_("The asylum service"),
    "MINISTRY": N_("A ministry"),
    "OTHER_AUTHORITY": N_("Another authority"),
}
