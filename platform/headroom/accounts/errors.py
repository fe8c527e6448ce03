"""Errors of accounts."""

from __future__ import annotations

from headroom.errors import Conflict, Gone, Invalid, NotAllowed, NotFound


class WrongPassword(Invalid):
    """Address and password do not belong together; never says which of the two is unknown."""

    code = "wrong_password"


class AddressNotConfirmed(NotAllowed):
    """The password is right, and the address has not been confirmed yet. Raised only after the right password."""

    code = "address_not_confirmed"

    def __init__(self, person_id: str) -> None:
        self.person_id = person_id
        super().__init__()


class LinkSpent(Gone):
    """The link was used, replaced or has expired; which of these is not said to strangers."""

    code = "link_spent"


class TooYoung(NotAllowed):
    """The birth year given does not pass the age rule. Holds no year."""

    code = "too_young"


class AddressTaken(Conflict):
    """Another account confirmed this address first."""

    code = "address_taken"


class NoDocument(NotFound):
    """No such legal document, version or language."""

    code = "no_document"


class DocumentMoved(Conflict):
    """The document shown is no longer the one in force; read the new one and accept again."""

    code = "document_moved"
