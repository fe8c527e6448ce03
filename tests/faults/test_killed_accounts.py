"""kill -9 of the web process while somebody signs up."""

from __future__ import annotations

import html
import re

import pytest

from tests.faults.house import Answer, House, Site, cut_off, new_key

_DOCUMENT = re.compile(r'name="(privacy_document|terms_document)" value="([^"]*)"')


# The first two units of signing up only count tries; the third opens the account.
@pytest.mark.parametrize(
    ("place", "accounts"), [("unit.before_commit@3", 0), ("unit.committed@3", 1)], ids=["before", "after"]
)
def test_a_sign_up_whose_server_died_opens_one_account_with_one_mail(house: House, place: str, accounts: int) -> None:
    email = f"nils{accounts}@example.test"
    visitor = house.stranger()
    page = visitor.get("/sign-up").text
    documents = {name: html.unescape(value) for name, value in _DOCUMENT.findall(page)}
    visitor.fresh_token()
    key = new_key()

    def sign_up(site: Site) -> Answer:
        return visitor.post(
            "/sign-up", key=key, at=site, display_name="Nils", email=email, password="quiet rooms sound best",
            birth_year=1990, accept_privacy="yes", accept_terms="yes", **documents,
        )  # fmt: skip

    cut_off(house, place, sign_up)
    assert house.scalar("SELECT count(*) FROM person WHERE email = :e", e=email) == accounts
    again = sign_up(house.site)
    assert (again.status, again.location) == (303, "/sign-up/sent")
    person = house.scalar("SELECT id FROM person WHERE email = :e", e=email)
    assert house.scalar("SELECT count(*) FROM outgoing_mail WHERE to_address = :e", e=email) == 1
    assert house.scalar("SELECT count(*) FROM consent_event WHERE subject_ref = :p", p=person) == 2
