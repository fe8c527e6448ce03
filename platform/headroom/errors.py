"""Errors of the domains, by what a caller can do about them.

DomainError                     a fact that stopped a verb; carries a code and values, never prose
├── NotFound                    does not exist, or is not visible to this person (the same answer on purpose)
├── NotSignedIn                 nobody is signed in
├── NotAllowed                  visible, but not theirs to do
├── Conflict                    the thing moved meanwhile, or is in a state that forbids this
├── Invalid                     the input is wrong; `fields` says where
├── Gone                        existed and was removed on purpose (purged, expired)
├── TooMany                     a limit; carries retry_after_s
├── OutsideDown                 an outside system did not answer or answered nonsense
└── Busy                        no capacity right now; carries retry_after_s

Domains subclass these in their own errors.py with typed fields and a code of their own.
The one table from these classes to HTTP stands in blueprints/errors.py; words are put there too.
"""

from __future__ import annotations

from collections.abc import Mapping


class DomainError(Exception):
    """A fact that stopped a verb.

    `code` names the fact for machines and for the table of texts; `values` are JSON-able facts that the
    text may show. Neither ever holds a secret.
    """

    code: str = "error"

    def __init__(self, **values: object) -> None:
        self.values: Mapping[str, object] = values
        super().__init__(self.code, dict(values))

    def __str__(self) -> str:
        facts = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{self.code}({facts})"


class NotFound(DomainError):
    code = "not_found"


class NotSignedIn(DomainError):
    code = "not_signed_in"


class NotAllowed(DomainError):
    code = "not_allowed"


class Conflict(DomainError):
    code = "conflict"


class Invalid(DomainError):
    """Input that cannot be taken. `fields` maps a field's name ('' = the whole form) to a message code."""

    code = "invalid"

    def __init__(self, fields: Mapping[str, str] | None = None, **values: object) -> None:
        self.fields: Mapping[str, str] = fields or {}
        super().__init__(**values)


class Gone(DomainError):
    code = "gone"


class TooMany(DomainError):
    code = "too_many"

    def __init__(self, *, retry_after_s: int, **values: object) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(retry_after_s=retry_after_s, **values)


class OutsideDown(DomainError):
    code = "outside_down"

    def __init__(self, *, system: str, retry_after_s: int = 30, **values: object) -> None:
        self.system = system
        self.retry_after_s = retry_after_s
        super().__init__(system=system, **values)


class Busy(DomainError):
    code = "busy"

    def __init__(self, *, retry_after_s: int = 2, **values: object) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(retry_after_s=retry_after_s, **values)
