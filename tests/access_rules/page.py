"""One row of the table of addresses: what each kind of visitor is answered, and whether its form wants a proof."""

from __future__ import annotations

from typing import NamedTuple

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")

# The statuses of these methods, in their order; an empty form is sent.
OPEN = "302 302 302 405 405 405"
LIST, FORM, ACT = "200 200 405 405 405 405", "200 200 422 405 405 405", "200 200 302 405 405 405"
# Acts, and shows in its answer what cannot be shown again.
SHOW = "200 200 200 405 405 405"
SIGN_IN_TO_READ, SIGN_IN = "302 302 405 405 405 405", "302 302 302 405 405 405"
NOT_YOURS_TO_READ, NOT_YOURS = "403 403 405 405 405 405", "403 403 403 405 405 405"
NOTHING_HERE = NO_PAGE = "404 404 404 405 405 405"
NOTHING_HERE_TO_READ = "404 404 405 405 405 405"

# The visitor has shown within 15 minutes who it is (PEO-3).
CONFIRMED = "confirmed"


class Page(NamedTuple):
    """What each visitor is answered; the token belongs to "person", the stranger is somebody else.

    `proof` is CONFIRMED, or why the form of this page needs no such proof; a page without a form has none.
    """

    signed_out: str
    stranger: str
    person: str
    administrator: str
    proof: str = ""

    @property
    def answers(self) -> tuple[str, str, str, str]:
        """The statuses of the four visitors."""
        return self[:4]

    @property
    def takes_a_form(self) -> bool:
        """Whether any visitor may send something here."""
        return {statuses.split()[2] for statuses in self.answers} != {"405"}


EVERYBODY_READS = Page(SIGN_IN_TO_READ, LIST, LIST, LIST)
ADMINISTRATORS_READ = Page(SIGN_IN_TO_READ, NOT_YOURS_TO_READ, NOT_YOURS_TO_READ, LIST)


def alike(statuses: str, proof: str = "") -> Page:
    """The same for every visitor."""
    return Page(statuses, statuses, statuses, statuses, proof)


def everybody(statuses: str, proof: str) -> Page:
    """The same for everybody who is signed in."""
    return Page(SIGN_IN, statuses, statuses, statuses, proof)


def owner(statuses: str, proof: str) -> Page:
    """For the person to whom the thing belongs; to everybody else there is no such thing."""
    return Page(SIGN_IN, NOTHING_HERE, statuses, NOTHING_HERE, proof)


def administrators(statuses: str, proof: str) -> Page:
    """For administrators alone."""
    return Page(SIGN_IN, NOT_YOURS, NOT_YOURS, statuses, proof)
