"""The people come in; the engineer opens a studio and can be paid."""

from __future__ import annotations

from rehearsal.people import Person
from rehearsal.scenes.playing import Stage

HANDLE = "ivo"
PACKAGE = "Mix & master, up to 24 tracks"
PRICE = "200.00"


def meet(stage: Stage) -> None:
    """Accounts for client, engineer and staff, by the mailed link; the next time they sign in."""
    for person, part in ((stage.cast.mara, "client"), (stage.cast.ivo, "engineer"), (stage.cast.ada, "staff")):
        with stage.teller.step(f"{person.name} comes in ({part})"):
            is_new = person.come_in()
            stage.teller.fact(
                "account", f"{person.email}, {'new, confirmed by the mailed link' if is_new else 'signed in'}"
            )
            stage.teller.fact("accepted", ", ".join(person.accepted()))
    stage.doors.grant(stage.cast.ada.email, "staff")


def open_studio(stage: Stage) -> None:
    """A profile, a package whose net pay is shown before it is published, and a payout account."""
    ivo = stage.cast.ivo
    page = ivo.browser.open("/studio")
    if page.forms("/studio/packages/"):
        return
    with stage.teller.step(f"{ivo.name} opens a studio and puts a package on offer"):
        _write_profile(ivo)
        _offer_package(stage)
    with stage.teller.step(f"{ivo.name} sets up payouts at the payment provider"):
        _set_up_payouts(stage)
    page = ivo.browser.open("/studio")
    ivo.browser.submit(page.form("/studio/publication"))


def _write_profile(ivo: Person) -> None:
    page = ivo.browser.open("/studio")
    ivo.browser.submit(
        page.form("/studio/profile"),
        studio_name="Ivo Lindqvist",
        handle=HANDLE,
        headline="Mixes that leave room for the voice",
        about="Fifteen years behind a desk, ten of them my own. I answer every comment.",
        genres="indie, soul, electronic",
        accept_agreement=True,
    )


def _offer_package(stage: Stage) -> None:
    ivo = stage.cast.ivo
    page = ivo.browser.open("/studio/packages/new")
    ahead = ivo.browser.submit(
        page.form("/studio/packages"),
        package_title=PACKAGE,
        price=PRICE,
        turnaround_days=5,
        revisions=2,
        max_stems=24,
        deliverables=["master"],
        terms_note="One finished file, 48 kHz and 24 bit, ready to publish.",
    )
    stage.teller.fact("package", f"{PACKAGE}: {ahead.term('Price')}")
    stage.teller.fact(
        "net pay", f"{ahead.term('Your net pay')}, transferred by {ahead.term('Transferred at the latest')}"
    )
    ivo.browser.submit(ahead.form("/studio/packages"), press="true")


def _set_up_payouts(stage: Stage) -> None:
    """Onboarding is clicked at the provider; whether it worked is read from the account, not from the way back."""
    ivo = stage.cast.ivo
    page = ivo.browser.open("/payouts")
    hosted = ivo.browser.submit(page.form("/payouts/onboarding"), country="US")
    after = ivo.browser.submit(hosted.form("/setup/e/"), press="complete")
    stage.teller.fact("account", hosted.term("Account"))
    stage.teller.fact("state", "can receive payouts" if after.forms("/payouts/dashboard") else "not ready")
