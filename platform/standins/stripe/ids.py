"""Ids that look like Stripe's: the kind's prefix and random letters and digits."""

from __future__ import annotations

import secrets
import string

ALPHABET = string.ascii_letters + string.digits

# prefix and number of random characters, as seen on real objects
FORMS = {
    "account": ("acct_1", 15),
    "balance_transaction": ("txn_3", 23),
    "charge": ("ch_3", 23),
    "checkout.session": ("cs_test_a1", 57),
    "customer": ("cus_", 14),
    "dispute": ("du_1", 23),
    "event": ("evt_1", 23),
    "item": ("li_1", 23),
    "login_link": ("lnk_", 24),
    "payment": ("py_1", 23),
    "payment_intent": ("pi_3", 23),
    "payment_method": ("pm_1", 23),
    "payout": ("po_1", 23),
    "price": ("price_1", 23),
    "product": ("prod_", 14),
    "radar.early_fraud_warning": ("issfr_1", 23),
    "refund": ("re_3", 23),
    "request": ("req_", 14),
    "transfer": ("tr_1", 23),
    "transfer_reversal": ("trr_1", 23),
    "external_account": ("ba_1", 23),
}


def new(kind: str) -> str:
    """A fresh id of this kind."""
    prefix, length = FORMS[kind]
    return prefix + random_text(length)


def random_text(length: int) -> str:
    """Unguessable letters and digits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
