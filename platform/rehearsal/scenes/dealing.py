"""From the request with sound to the paid order."""

from __future__ import annotations

import re

from rehearsal.pages import NotOnPage
from rehearsal.report import PaymentLine
from rehearsal.scenes.meeting import HANDLE, PRICE
from rehearsal.scenes.playing import Play
from rehearsal.telling import minor_of, rate, size

CURRENCY = "USD"


def ask_for_an_offer(play: Play) -> None:
    """The client describes the song and attaches the rough mix; the engineer hears it before naming a price."""
    mara, ivo = play.cast.mara, play.cast.ivo
    with play.teller.step(f"{mara.name} asks for an offer, with a rough mix to listen to"):
        page = mara.browser.open(f"/engineers/{HANDLE}/request")
        page = mara.browser.submit(
            page.form("/request"),
            title=play.title,
            artist=play.artist,
            brief="The voice tells the story, so it must stay in front, above all in the chorus. Keep the low end round.",
            stem_list="\n".join(path.stem for path in play.song.stems),
            loudness_lufs="-14",
        )
        play.begin(page.path.rsplit("/", 1)[-1])
        client, _ = play.couriers()
        sent = client.send(play.song.rough, role="rough")
        states = client.await_checks()
        play.teller.fact("rough mix", f"{size(sent.size_bytes)} in {sent.seconds:.1f} s, checked: {', '.join(states)}")
        play.act(mara, "/quote-request")
    with play.teller.step(f"{ivo.name} listens and makes an offer"):
        play.await_form(ivo, "/offer")
        play.teller.fact("heard", f"the preview of the rough mix, {size(play.listen(ivo, sent.file_id))}")
        play.act(
            ivo,
            "/offer",
            has="price",
            price=PRICE,
            turnaround_days=5,
            revisions=2,
            max_stems=24,
            deliverables=["master"],
            terms_note="Send the stems dry. You get one master at -14 LUFS.",
        )


def accept_and_pay(play: Play) -> None:
    """The client accepts what was offered, agrees that work begins, and pays at the provider's page."""
    mara = play.cast.mara
    with play.teller.step(f"{mara.name} accepts the offer and pays"):
        play.act(mara, "/offer-acceptance")
        hosted = play.act(mara, "/payment", has="start_work", start_work=True)
        play.teller.fact("consent", "work may begin before the days of withdrawal are over")
        play.teller.fact("checkout", hosted.url.split("/c/pay/")[0] + ", the provider's own page")
        mara.browser.submit(hosted.form("/c/pay/"), press="pay", email=mara.email)
        page = play.await_form(mara, "/files-submission")
        payment = _payment(play)
        play.report.payment = payment
        play.teller.fact("paid", f"{page.term('Paid')}, held until {mara.name} approves")
        play.teller.fact("reference", payment.provider_ref)


def _payment(play: Play) -> PaymentLine:
    page = play.cast.mara.browser.open(play.path)
    receipt = play.cast.mara.browser.open(page.link(r"/receipts/"))
    found = re.search(r"\b(ch|pi)_\w+", receipt.text)
    if found is None:
        raise NotOnPage(f"{receipt.url} shows no reference of the provider")
    return PaymentLine(minor_of(page.term("Paid")), CURRENCY, found.group(0))


def told_rate(size_bytes: int, taken_s: float) -> str:
    """Size and speed of one transfer."""
    return f"{size(size_bytes)} in {taken_s:.1f} s, {rate(size_bytes, taken_s)}"
