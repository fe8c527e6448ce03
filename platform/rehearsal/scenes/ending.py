"""The money is split and sent, the receipt printed, the files fetched again; later the sources go, with proof."""

from __future__ import annotations

import re

from rehearsal.browsing import wait_for
from rehearsal.pages import Page
from rehearsal.report import LedgerLine, LegLine, PurgedLine
from rehearsal.scenes.playing import LOOK_EVERY_S, SETTLED_WITHIN_S, Play
from rehearsal.scenes.working import fetch_versions
from rehearsal.store_proof import disk_files_left, objects_left
from rehearsal.telling import minor_of

HOUR_S = 3600
DAY_S = 24 * HOUR_S
CLEARING_DAYS = 7
SOURCE_DAYS = 30
# Grants given just before have to run out, and a slow download to end, before bytes go.
GRACE_S = 3 * HOUR_S
PURGED_WITHIN_S = 150


def let_it_clear(play: Play) -> None:
    """The clearing days pass; then each share leaves as a transfer, and the books add up."""
    ivo = play.cast.ivo
    with play.teller.step(f"{CLEARING_DAYS} days of clearing pass; the money is split and sent"):
        play.teller.fact("clock", play.doors.pass_time(CLEARING_DAYS * DAY_S + HOUR_S))
        row = wait_for(lambda: _sent_share(play), within_s=SETTLED_WITHIN_S, every_s=LOOK_EVERY_S, what="the transfer")
        leg = LegLine(ivo.name, minor_of(row[4]), re.findall(r"tr_\w+", row[6])[0])
        play.report.legs = [leg]
        page = _completed(play)
        play.teller.table(
            [
                ["paid by the client", page.term("Paid")],
                [f"sent to {ivo.name}", row[4]],
                ["kept by the platform", page.term("Headroom")],
            ]
        )
        play.teller.fact("transfer", str(leg.transfer_ref))
        lines = play.doors.trial_balance()
        play.report.ledger = [
            LedgerLine(str(line["account"]), str(line["currency"]), int(str(line["amount_minor"]))) for line in lines
        ]
        play.teller.fact("books", f"{len(lines)} accounts, which sum to {sum(_amounts(play))}")


def take_home(play: Play) -> None:
    """The receipt, and the finished files with their hashes compared."""
    mara = play.cast.mara
    _, engineer = play.couriers()
    with play.teller.step(f"{mara.name} takes the receipt and the finished files"):
        page = play.look_at(mara)
        receipt = mara.browser.open(page.link(r"/receipts/"))
        play.teller.fact("receipt", f"{receipt.term('Number')}, paid with {receipt.term('Payment method')}")
        changed = fetch_versions(play, engineer, play.folder)
        count = len(engineer.sent)
        play.teller.fact(
            "downloaded", f"{count} files; " + ("every hash is the sender's" if not changed else f"{changed}")
        )


def let_thirty_days_pass(play: Play) -> None:
    """The sources are deleted on their day; the store itself and its disk are asked what is left."""
    client, _ = play.couriers()
    with play.teller.step(f"{SOURCE_DAYS} days pass; the sources are deleted, with proof"):
        play.doors.pass_time(SOURCE_DAYS * DAY_S + HOUR_S)
        wait_for(lambda: _is_closed(play), within_s=PURGED_WITHIN_S, every_s=LOOK_EVERY_S, what="the sources' last day")
        play.teller.fact("clock", play.doors.pass_time(GRACE_S))
        page = wait_for(
            lambda: _all_deleted(play), within_s=PURGED_WITHIN_S, every_s=LOOK_EVERY_S, what="the deletion receipts"
        )
        for file_id, sent in client.sent.items():
            keys = [client.keys[file_id]]
            at = re.search(r'datetime="([^"]+)"', _receipt_row(page, file_id))
            left, on_disk = objects_left(play.store, keys), disk_files_left(play.store, keys)
            play.report.purged.append(PurgedLine(file_id, sent.sha256, at.group(1) if at else "", left, on_disk))
        lines = play.report.purged
        play.teller.fact("deleted", f"{len(lines)} files, each with a receipt for both sides")
        on_disk_words = (
            "" if play.store.data_dir is None else f", {sum(each.disk_files_left or 0 for each in lines)} on its disk"
        )
        play.teller.fact("left", f"{sum(each.objects_left for each in lines)} in the store{on_disk_words}")


def _sent_share(play: Play) -> list[str] | None:
    rows = play.look_at(play.cast.ivo, "/payouts").rows(play.title)
    return next((row for row in rows if len(row) > 6 and "tr_" in row[6]), None)


def _completed(play: Play) -> Page:
    return play.look_at(play.cast.mara)


def _amounts(play: Play) -> list[int]:
    return [line.amount_minor for line in play.report.ledger]


def _is_closed(play: Play) -> bool:
    """True once no source of the order can be downloaded any more."""
    client, _ = play.couriers()
    page = play.look_at(play.cast.mara)
    return not any(f"/files/{file_id}/download" in page.html for file_id in client.sent)


def _all_deleted(play: Play) -> Page | None:
    client, _ = play.couriers()
    page = play.look_at(play.cast.mara, f"{play.path}/deletions")
    return page if all(f"/files/{file_id}/receipt" in page.html for file_id in client.sent) else None


def _receipt_row(page: Page, file_id: str) -> str:
    rows: list[str] = re.findall(r"<tr.*?</tr>", page.html, re.S)
    return next((row for row in rows if file_id in row), "")
