"""PURE. The age rule: a year of birth goes in, a rule's name comes out, and the year is kept nowhere.

Only the year is asked, so the rule counts whole years that are certainly past: whoever passes is old enough on
any day of the year.
"""

from __future__ import annotations

from datetime import datetime

from headroom.accounts.errors import TooYoung

MIN_AGE = 16  # years, for everybody; selling asks for more where it begins
OLDEST = 120  # years; a birth year before that is a slip of the finger
RULE = f"age-{MIN_AGE}-by-year"


def passed_rule(birth_year: int, *, now: datetime) -> str:
    """The name of the rule that was passed; raises TooYoung, which holds no year."""
    if now.year - birth_year - 1 < MIN_AGE or now.year - birth_year > OLDEST:
        raise TooYoung
    return RULE
