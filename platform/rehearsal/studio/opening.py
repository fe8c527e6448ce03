"""People come in, and engineers open their studios: profile, credits, packages, a payout account or none yet."""

from __future__ import annotations

from dataclasses import dataclass

from rehearsal.browsing import Browser, Refused
from rehearsal.mailbox import Mailbox
from rehearsal.people import Doors, Person
from rehearsal.studio.cast import Package, Studio, Who

NOT_FOUND = 404
CAPACITY = 20
# Where the payment provider pays to; it is asked once.
COUNTRY = "DE"


@dataclass
class Resident(Person):
    """Somebody of the studio, who comes in by the rehearsal's one click once the account exists."""

    doors: Doors
    who: Who

    def come_in(self) -> bool:
        """True when the account is new."""
        if self.is_in():
            return False
        if link := known_link(self.doors, self.email):
            page = self.browser.open(link)
            self.browser.submit(page.form("/rehearsal/sign-in/"))
            return False
        return super().come_in()


def resident(doors: Doors, who: Who) -> Resident:
    """A person with a browser of their own, in their language."""
    browser = Browser(doors.base_url, language=who.language)
    return Resident(who.name, who.email, browser, Mailbox(doors.inbox_url, who.email), doors, who)


def known_link(doors: Doors, email: str) -> str:
    """The one-click sign-in of a confirmed account; empty when there is none."""
    try:
        return doors.sign_in_link(email)
    except Refused as refused:
        if refused.status != NOT_FOUND:
            raise
        return ""


def open_studio(person: Resident, studio: Studio) -> None:
    """The engineer's page, from the agreement to the day it is shown to all."""
    browser = person.browser
    browser.submit(
        browser.open("/studio").form("/studio/profile"),
        studio_name=person.name,
        handle=studio.handle,
        headline=studio.headline,
        about=studio.about,
        genres=studio.genres,
        capacity=CAPACITY,
        accept_agreement=True,
    )
    for credit in studio.credits:
        browser.submit(
            browser.open("/studio").form("/studio/credits", has="credit_artist"),
            credit_artist=credit.artist,
            credit_title=credit.title,
            credit_role=credit.role,
            credit_year=credit.year,
        )
    for package in studio.packages:
        _offer(browser, package)
    if studio.can_be_paid:
        hosted = browser.submit(browser.open("/payouts").form("/payouts/onboarding"), country=COUNTRY)
        browser.submit(hosted.form("/setup/e/"), press="complete")
    browser.submit(browser.open("/studio").form("/studio/publication"))


def _offer(browser: Browser, package: Package) -> None:
    ahead = browser.submit(
        browser.open("/studio/packages/new").form("/studio/packages"),
        package_title=package.title,
        price=package.price,
        turnaround_days=package.days,
        revisions=package.revisions,
        max_stems=package.max_stems,
        deliverables=list(package.deliverables),
        terms_note=package.summary,
    )
    browser.submit(ahead.form("/studio/packages"), press="true")
