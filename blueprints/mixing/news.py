"""What people are told about an order: one headline per code and reader, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from blueprints.mixing import bp
from blueprints.notice_words import tell
from headroom.money import minor_digits

Values = Mapping[str, Any]

# code → headline; "code:client" and "code:engineer" where the two sides read different words.
HEADLINES: Mapping[str, Any] = {
    "request_quote": _l("%(other)s asks for an offer for “%(title)s”"),
    "send_offer": _l("%(other)s offers to work on “%(title)s” for %(price)s"),
    "decline": _l("%(other)s cannot take “%(title)s”"),
    "withdraw": _l("%(other)s withdrew the request for “%(title)s”"),
    "counter": _l("%(other)s asks for other terms for “%(title)s”"),
    "withdraw_offer": _l("%(other)s withdrew the offer for “%(title)s”"),
    "accept_offer": _l("%(other)s accepted your offer for “%(title)s”"),
    "payment_succeeded:client": _l("Your payment for “%(title)s” is held until you approve"),
    "payment_succeeded:engineer": _l("“%(title)s” is paid, the money is held"),
    "payment_failed": _l("The payment for “%(title)s” failed"),
    "late_payment": _l("Your payment for “%(title)s” came too late and goes back"),
    "submit_files": _l("The files of “%(title)s” are there"),
    "accept_files": _l("%(other)s accepted the files of “%(title)s” and begins"),
    "request_files": _l("%(other)s needs some files of “%(title)s” again"),
    "reject_job": _l("%(other)s cannot do “%(title)s”, everything goes back to you"),
    "cancel:client": _l("“%(title)s” is cancelled, everything goes back to you"),
    "cancel:engineer": _l("%(other)s cancelled “%(title)s” before work began"),
    "engineer_cancel": _l("%(other)s cancelled “%(title)s”, everything goes back to you"),
    "cancel_overdue:client": _l("“%(title)s” is cancelled, everything goes back to you"),
    "cancel_overdue:engineer": _l("%(other)s cancelled “%(title)s”, it was late"),
    "deliver_first": _l("The first version of “%(title)s” is ready to hear"),
    "deliver_next": _l("A new version of “%(title)s” is ready to hear"),
    "request_revision": _l("%(other)s asks for changes to “%(title)s”"),
    "withdraw_revision": _l("%(other)s took the wishes for “%(title)s” back"),
    "approve": _l("%(other)s approved “%(title)s”"),
    "auto_approve:client": _l("“%(title)s” counts as approved"),
    "auto_approve:engineer": _l("“%(title)s” is approved by silence"),
    "legs_settled:client": _l("“%(title)s” is complete"),
    "legs_settled:engineer": _l("“%(title)s” is complete and paid out"),
    "leg_unpayable": _l("Your share of “%(title)s” waits for your payout account"),
    "refund_settled:client": _l("Your refund of %(refund)s for “%(title)s” is on your account"),
    "refund_settled:engineer": _l("“%(title)s” is refunded"),
    "refund_failed": _l("Your refund for “%(title)s” could not be delivered"),
    "refund_credited": _l("Your refund for “%(title)s” is kept for you as a credit"),
    "open_dispute": _l("A dispute about “%(title)s” is open"),
    "quote_unanswered": _l("The request for “%(title)s” got no answer and is closed"),
    "offer_lapsed": _l("The offer for “%(title)s” was not answered and is closed"),
    "checkout_expired": _l("“%(title)s” was not paid and is closed"),
    "payment_lost": _l("The payment for “%(title)s” never arrived, the order is closed"),
    "files_never_came": _l("No files came for “%(title)s”, the money goes back"),
    "intake_unanswered": _l("Nobody looked at the files of “%(title)s”, the money goes back"),
    "never_delivered": _l("“%(title)s” was never delivered, the money goes back"),
    "delivery_unseen": _l("The delivery of “%(title)s” could not be announced, the order is disputed"),
    "revision_overdue": _l("The revision of “%(title)s” is a week late, the order is disputed"),
    "client_silent": _l("“%(title)s” is approved: no statement came from the client"),
    "engineer_silent": _l("“%(title)s” is refunded: no statement came from the engineer"),
    "ruling_overdue": _l("“%(title)s” ends with the split printed on the first day"),
    "terms_unanswered": _l("The terms for “%(title)s” were not answered, the order is disputed"),
    "message": _l("%(other)s wrote to you about “%(title)s”"),
    "comment_note": _l("%(other)s left a comment in “%(title)s”"),
    "comment_question": _l("%(other)s has a question about “%(title)s”"),
    "comment_reply": _l("%(other)s answered a comment in “%(title)s”"),
    "file_rejected": _l("A file of “%(title)s” cannot be used: %(file)s"),
    "sources_purged": _l("The source files of “%(title)s” are deleted"),
    "deliveries_purged": _l("The masters of “%(title)s” are deleted"),
    "purge_announced": _l("Files of “%(title)s” will be deleted in %(days)s days"),
    "files_kept_longer": _l("%(other)s keeps the files of “%(title)s” 30 days longer"),
    "remind_quote_d2": _l("“%(title)s” waits for your offer"),
    "remind_quote_d5": _l("“%(title)s” waits for your offer, two days are left"),
    "remind_offer_d5": _l("The offer for “%(title)s” is open for two more days"),
    "remind_files_d2": _l("“%(title)s” waits for your files"),
    "remind_files_d5": _l("“%(title)s” still waits for your files"),
    "remind_files_d10": _l("“%(title)s” waits for your files, eleven days are left"),
    "remind_intake_h24": _l("The files of “%(title)s” wait for your look"),
    "remind_intake_h60": _l("The files of “%(title)s” wait for your look, twelve hours are left"),
    "remind_due_h24": _l("“%(title)s” is due tomorrow"),
    "remind_due_now": _l("“%(title)s” is due now"),
    "remind_review_d3": _l("Three days are left to hear “%(title)s”"),
    "remind_review_d1": _l("One day is left to hear “%(title)s”"),
    "remind_review_h2": _l("Two hours are left to hear “%(title)s”"),
    "remind_statement_d3": _l("Your statement on “%(title)s” is missing, two days are left"),
}

# What the reader can do; codes that are not here need nothing.
TODOS: Mapping[str, Any] = {
    "request_quote": _l("Listen to the rough mix, then send an offer or decline."),
    "send_offer": _l("Read the terms. Accept them, or ask for other ones."),
    "decline": _l("Nothing was paid. You can ask another engineer."),
    "counter": _l("Send a new offer, or decline."),
    "payment_succeeded:client": _l("Send your stems now: the turnaround starts when the engineer accepts them."),
    "payment_succeeded:engineer": _l("You will hear from us when the files are there."),
    "payment_failed": _l("Nothing was taken. You can pay again on the order's page."),
    "submit_files": _l("Look at what the check found, then accept the files or send some back. After 72 hours "
                       "without a word the money goes back."),
    "request_files": _l("Read what is missing, send those files again and submit."),
    "deliver_first": _l("Listen, compare with your rough mix, then approve or ask for changes. The bit-exact "
                        "files open with your approval."),
    "deliver_next": _l("Listen, compare with the version before, then approve or ask for changes."),
    "request_revision": _l("Read the list and the comments, then deliver the next version."),
    "approve": _l("The money is clearing. The order's page says when it is sent."),
    "auto_approve:client": _l("If something is objectively broken, write to us within 72 hours: the money waits that long."),
    "legs_settled:client": _l("Take your files soon: the page says until when they stay."),
    "leg_unpayable": _l("Complete your payout account; the money waits there for you."),
    "refund_failed": _l("Write to us: we still owe it to you and find another way."),
    "revision_overdue:engineer": _l("Write to the client on the order's page within five days: without a word from you "
                                    "everything goes back to the client."),
    "revision_overdue:client": _l("The order's page says what happens next. You can write to the engineer there."),
    "delivery_unseen": _l("Look at the order's page, and write to each other there."),
    "comment_question": _l("The review waits for your answer."),
    "file_rejected": _l("See why on the order's page and send it again."),
    "sources_purged": _l("The order's page holds the receipt of the deletion."),
    "deliveries_purged": _l("The order's page holds the receipt of the deletion."),
    "purge_announced": _l("Take what you need from the order's page before."),
    "remind_review_d3": _l("Approve or ask for changes. Without a word from you the mix counts as approved and "
                           "%(price)s is paid out."),
    "remind_review_d1": _l("Approve or ask for changes. Without a word from you the mix counts as approved and "
                           "%(price)s is paid out."),
    "remind_review_h2": _l("Approve or ask for changes. Without a word from you the mix counts as approved and "
                           "%(price)s is paid out."),
}  # fmt: skip


def news_words(code: str, values: Values) -> str:
    """The headline of one piece of news for this reader."""
    return _filled(HEADLINES, code, values)


def news_todo(code: str, values: Values) -> str:
    """What the reader can do now; empty where nothing is to be done."""
    return _filled(TODOS, code, values)


def with_money(values: Values) -> dict[str, Any]:
    """The values with their amounts written out in the reader's language."""
    shown = {"price": values.get("price_minor"), "refund": values.get("refund_minor")}
    currency = values.get("currency", "USD")
    return {**values, **{k: mail_money(v, currency) if v is not None else "" for k, v in shown.items()}}


@bp.app_template_global("mail_money")
def mail_money(amount_minor: int, currency: str) -> str:
    """An amount in the language of the text around it, in mails too."""
    amount = Decimal(amount_minor).scaleb(-minor_digits(currency))
    return str(format_currency(amount, currency, locale=get_locale()))


def _filled(table: Mapping[str, Any], code: str, values: Values) -> str:
    sentence = table.get(f"{code}:{values.get('role')}") or table.get(code)
    return str(sentence) % _Known(values) if sentence is not None else ""


class _Known(dict[str, Any]):
    """Values for a sentence; one that is missing in an old row leaves its place empty."""

    def __missing__(self, name: str) -> str:
        return ""


def _sentence(code: str) -> Any:
    def sentence(values: Values) -> str:
        return news_words(code, with_money(values))

    return sentence


for _code in {code.partition(":")[0] for code in HEADLINES}:
    tell(f"mixing.{_code}", _sentence(_code))
