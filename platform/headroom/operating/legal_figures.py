"""Every figure and name that a legal text may show: no text types a number that the code also holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from headroom.accounts.age import MIN_AGE
from headroom.accounts.documents import NOTICE
from headroom.accounts.sign_up import LINK_LIFE
from headroom.data_rules import (
    DAYS_OF_ACCEPTANCE,
    DAYS_OF_ACCEPTANCE_ADDRESS,
    DAYS_OF_FINANCIAL_RECORDS,
    DAYS_OF_FULL_ADDRESS,
    DAYS_OF_SECURITY_RECORDS,
)
from headroom.mixing import deadlines
from headroom.mixing.deadlines import CLEARING, DELAYS, KNOWN_AFTER, TRUSTED_AFTER, Tier
from headroom.mixing.pricing import cancellation
from headroom.mixing.states import State
from headroom.notices.models import DAYS_OF_NOTICES
from headroom.settings import Settings

UNNAMED = "—"  # an operator's detail that a rehearsal leaves empty; production refuses to start without it


def figures(settings: Settings) -> Mapping[str, str]:
    """The values for `{name}` in legal/*."""
    return _operator(settings) | _keeping(settings) | _dealing(settings)


def _operator(settings: Settings) -> dict[str, str]:
    return {
        "operator_name": settings.operator_name or UNNAMED,
        "operator_address": settings.operator_address or UNNAMED,
        "privacy_email": settings.operator_privacy_email or UNNAMED,
        "legal_email": settings.operator_legal_email or UNNAMED,
        "security_email": settings.operator_security_email or UNNAMED,
        "site": settings.base_url,
        "min_age": str(MIN_AGE),
        "notice_days": _days(NOTICE),
    }


def _keeping(settings: Settings) -> dict[str, str]:
    return {
        "days_of_sources": str(settings.days_of_sources),
        "days_of_unpaid_uploads": str(settings.days_of_unpaid_uploads),
        "days_of_deliverables": str(settings.days_of_deliverables),
        "months_of_security_records": str(DAYS_OF_SECURITY_RECORDS // 30),
        "days_of_full_address": str(DAYS_OF_FULL_ADDRESS),
        "years_of_financial_records": str(DAYS_OF_FINANCIAL_RECORDS // 365),
        "years_of_acceptance": str(DAYS_OF_ACCEPTANCE // 365),
        "years_of_acceptance_address": str(DAYS_OF_ACCEPTANCE_ADDRESS // 365),
        "days_of_notices": str(DAYS_OF_NOTICES),
        "link_hours": str(int(LINK_LIFE.total_seconds() // 3600)),
    }


def _dealing(settings: Settings) -> dict[str, str]:
    kept = [_kept(State.IN_PROGRESS, versions) for versions in (0, 1, 2)]
    return {
        "platform_fee_percent": f"{settings.platform_fee_bp / 100:g}",
        "kept_at_work": kept[0],
        "kept_after_one": kept[1],
        "kept_after_two": kept[2],
        "files_days": _days(DELAYS["files_never_came"]),
        "intake_hours": _hours(DELAYS["intake_unanswered"]),
        "overdue_hours": _hours(deadlines.OVERDUE_GRACE),
        "never_delivered_days": _days(DELAYS["never_delivered"]),
        "review_days": _days(DELAYS["auto_approve"]),
        "review_extension_days": _days(deadlines.REVIEW_EXTENSION),
        "revision_days": _days(deadlines.REVISION_TIME),
        "defect_hours": _hours(deadlines.DEFECT_CLAIM),
        "statement_days": _days(DELAYS["client_silent"]),
        "ruling_days": _days(DELAYS["ruling_overdue"]),
        "clearing_new_days": _days(CLEARING[Tier.NEW]),
        "clearing_known_days": _days(CLEARING[Tier.KNOWN]),
        "known_after": str(KNOWN_AFTER),
        "trusted_after": str(TRUSTED_AFTER),
        "payee_days": _days(DELAYS["leg_unpayable"]),
    }


def _kept(state: State, versions: int) -> str:
    terms = cancellation(10_000, state, versions=versions)
    assert terms is not None
    return str(terms.kept_percent)


def _days(span: timedelta) -> str:
    return str(span.days)


def _hours(span: timedelta) -> str:
    return str(int(span.total_seconds() // 3600))
