"""PURE. Every order of the studio as one row: whose, which song, what happens on which day, where it stands at last.

Day 0 is when the studio opens and `LAST_DAY` is today. The acts of a day are names of tales.Act.
"""

from __future__ import annotations

from rehearsal.studio.cast import DENIS, GLEB, IVO, LENA, MARA, NOOR, SOFIA, TIMUR, VERA
from rehearsal.studio.tales import LONG_BARS, Tale, on

LAST_DAY = 39


PAID = "begin buy pay"
SENT = f"{PAID} stems submit"
IN_WORK = f"{SENT} take"
DELIVERED = f"{IN_WORK} first"
FOUR = ("kick", "snare", "bass", "lead")

TALES: tuple[Tale, ...] = (
    Tale(
        "Paper Boats",
        MARA,
        IVO,
        "completed",
        "everything: two versions, paid out, sources deleted with proof",
        (
            on(0, "begin rough ask offer accept pay stems submit hello take hello_back first comment"),
            on(0, "question answer revise second approve"),
            on(8, "", "completed"),
            on(LAST_DAY, "await_purge"),
        ),
        from_bar=14,
        bars=LONG_BARS,
        stems=("kick", "snare", "bass", "guitar", "lead"),
    ),
    Tale(
        "Тихий порт",
        TIMUR,
        LENA,
        "completed",
        "completed; its source files are deleted tomorrow",
        (on(0, f"{IN_WORK} hello first"), on(2, "approve"), on(10, "", "completed")),
        from_bar=5,
    ),
    Tale(
        "Unanswered",
        NOOR,
        LENA,
        "expired",
        "a request that nobody answered in seven days",
        (on(0, "begin ask"), on(8, "", "expired")),
    ),
    Tale(
        "Зимние дачи",
        VERA,
        GLEB,
        "completed",
        "completed; the share is parked until Глеб opens a payout account",
        (on(26, f"{DELIVERED} approve"), on(33, "", "completed")),
        from_bar=30,
    ),
    Tale(
        "Static Bloom",
        SOFIA,
        LENA,
        "disputed",
        "the second version never came, so a timer opened the dispute",
        (on(26, f"{DELIVERED} comment revise"), on(LAST_DAY, "", "disputed")),
        from_bar=17,
    ),
    Tale(
        "Borrowed Thunder",
        NOOR,
        IVO,
        "delivered",
        "a dispute-to-be: late, then a quarrel in the messages",
        (on(26, IN_WORK), on(33, "where first late angry"), on(38, "hurt"), on(LAST_DAY, "last")),
        from_bar=20,
        stems=FOUR,
    ),
    Tale(
        "Пустая платформа",
        DENIS,
        GLEB,
        "closed_refunded",
        "the engineer never looked at the files; a timer sent the money back",
        (on(26, SENT), on(33, "", "closed_refunded")),
        from_bar=8,
    ),
    Tale(
        "Two Left Shoes",
        SOFIA,
        IVO,
        "closed_refunded",
        "cancelled before work began, refunded in full",
        (on(33, PAID), on(38, "cancel", "closed_refunded")),
    ),
    Tale(
        "Copper Wire",
        NOOR,
        LENA,
        "in_progress",
        "overdue for two days: the client may cancel and get everything back",
        (on(33, "begin ask offer accept pay stems submit take"), on(38, "where")),
        from_bar=11,
    ),
    Tale(
        "Polka for Nobody",
        SOFIA,
        IVO,
        "declined",
        "a request that was declined with a reason",
        (on(33, "begin ask decline"),),
    ),
    Tale(
        "Lost Luggage",
        MARA,
        IVO,
        "refund_stuck",
        "cancelled; the bank sent the refund back, staff has to act",
        (on(38, f"{PAID} slow_bank cancel refused_refund", "refund_stuck"),),
    ),
    Tale(
        "Salt Window",
        SOFIA,
        LENA,
        "approved",
        "approved yesterday; the money clears",
        (on(38, f"{DELIVERED} approve"),),
        from_bar=33,
    ),
    Tale(
        "Ночной автобус",
        VERA,
        IVO,
        "revising",
        "one round of changes is on its way, with comments",
        (on(38, f"{DELIVERED} comment"), on(LAST_DAY, "revise")),
        from_bar=16,
    ),
    Tale(
        "Glass Garden",
        MARA,
        IVO,
        "delivered",
        "version 2 waits for a decision: compare A and B at one loudness",
        (on(38, "begin rough ask offer accept pay stems submit take first comment revise"), on(LAST_DAY, "second")),
        from_bar=15,
        bars=LONG_BARS,
        stems=FOUR,
    ),
    Tale(
        "Первый лёд",
        TIMUR,
        LENA,
        "delivered",
        "version 1 with comments at a point and over a range, and an open question",
        (on(LAST_DAY, f"{DELIVERED} comment question"),),
        from_bar=35,
    ),
    Tale(
        "Kitchen Light",
        MARA,
        LENA,
        "in_progress",
        "in work, due in a week",
        (on(LAST_DAY, f"{IN_WORK} hello hello_back"),),
        from_bar=6,
    ),
    Tale(
        "Седьмой этаж",
        DENIS,
        IVO,
        "intake",
        "files with findings wait for the engineer's look",
        (on(LAST_DAY, f"{SENT} hello"),),
        from_bar=18,
        stems=FOUR,
    ),
    Tale(
        "Second Platform",
        MARA,
        IVO,
        "awaiting_files",
        "paid; a place to drop stems",
        (on(LAST_DAY, PAID),),
    ),
    Tale(
        "Slow Tide",
        NOOR,
        IVO,
        "payment_pending",
        "paid by bank debit, the bank takes days",
        (on(LAST_DAY, "begin buy pay_by_bank", "payment_pending"),),
    ),
    Tale(
        "Маяк",
        VERA,
        LENA,
        "awaiting_payment",
        "the offer is accepted, the payment is not made",
        (on(LAST_DAY, "begin ask offer accept"),),
    ),
    Tale(
        "Orchard Road",
        SOFIA,
        LENA,
        "offered",
        "an offer to answer",
        (on(LAST_DAY, "begin rough ask offer"),),
        from_bar=28,
    ),
    Tale(
        "Берег",
        TIMUR,
        IVO,
        "quoting",
        "a request with a rough mix, after a wish for other terms",
        (on(LAST_DAY, "begin rough ask offer counter"),),
        from_bar=36,
    ),
    Tale("North Window", MARA, IVO, "draft", "a draft that only Mara sees", (on(LAST_DAY, "begin"),)),
    Tale(
        "Return Ticket",
        NOOR,
        LENA,
        "refund_due",
        "cancelled; the bank takes days with the refund",
        (on(LAST_DAY, f"{PAID} slow_bank cancel", "refund_due"),),
    ),
)

# Money on its way to the payees is there within seconds, and terms have no page that proposes them.
NOT_SHOWN = frozenset({"releasing", "settling_terms"})
# What staff has to act on in this world; any other alarm is a mistake.
ALARMS = frozenset({"refund_failed"})


def days_of(tales: tuple[Tale, ...] = TALES) -> list[int]:
    """The days on which anything happens, in order."""
    return sorted({day.number for tale in tales for day in tale.days})
