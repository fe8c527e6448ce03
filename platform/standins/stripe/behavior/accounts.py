"""Connected accounts: creating, onboarding, capabilities, requirements."""

from __future__ import annotations

from standins.stripe import ids
from standins.stripe.behavior.table import Ask, plays
from standins.stripe.errors import invalid, no_behavior
from standins.stripe.paging import page
from standins.stripe.schema import Params
from standins.stripe.store import Document
from standins.stripe.world import World

# What Stripe asks an individual for before money can be sent: https://docs.stripe.com/connect/required-verification-information
ASKED = [
    "external_account", "individual.address.city", "individual.address.line1", "individual.address.postal_code",
    "individual.dob.day", "individual.dob.month", "individual.dob.year", "individual.first_name", "individual.last_name",
    "tos_acceptance.date", "tos_acceptance.ip",
]  # fmt: skip
LINK_LIVES_S = 5 * 60
CURRENCIES = {
    "US": "usd",
    "GB": "gbp",
    "CA": "cad",
    "AU": "aud",
    "CH": "chf",
    "JP": "jpy",
    "SE": "sek",
    "NO": "nok",
    "PL": "pln",
}
CODES = (
    "AE AT AU BE BG BR CA CH CY CZ DE DK EE ES FI FR GB GI GR HK HR HU IE IN IT JP LI LT LU LV MT MX MY NL NO NZ PL PT "
    "RO SE SG SI SK TH US"
)
COUNTRIES = frozenset(CODES.split())


@plays(
    "post", "/v1/accounts", "controller", "country", "email", "capabilities.transfers.requested",
    "capabilities.card_payments.requested", "type", "business_type", "business_profile", "default_currency",
    "settings.payouts.schedule",
)  # fmt: skip
def create_account(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/accounts/create"""
    controller = _controller(ask.params)
    country = str(ask.params.get("country", world.setup.country)).upper()
    if country not in COUNTRIES:
        raise invalid(
            f"Country '{country}' is unknown. Try using a 2-character alphanumeric country code.", param="country"
        )
    asked = [name for name, wish in ask.params.get("capabilities", {}).items() if wish.get("requested")]
    fields: Document = {
        "business_profile": ask.params.get("business_profile", {}), "business_type": ask.params.get("business_type"),
        "capabilities": dict.fromkeys(asked, "inactive"), "charges_enabled": False, "controller": controller,
        "country": country, "created": world.now, "details_submitted": False, "payouts_enabled": False,
        "default_currency": ask.params.get("default_currency", CURRENCIES.get(country, "eur")),
        "email": ask.params.get("email"), "future_requirements": _requirements([], None),
        "metadata": ask.params.get("metadata", {}), "requirements": _requirements(ASKED, "requirements.past_due"),
        "external_accounts": {"object": "list", "data": [], "has_more": False, "url": ""},
        "settings": _settings(), "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": {"express": "express", "full": "standard"}.get(controller["stripe_dashboard"]["type"], "none"),
    }  # fmt: skip
    account = world.create("account", fields)
    url = f"/v1/accounts/{account['id']}/external_accounts"
    return world.change(account, external_accounts={**account["external_accounts"], "url": url})


@plays("get", "/v1/accounts/{account}")
def retrieve_account(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/accounts/retrieve"""
    return world.get("account", ask.refs["account"])


@plays("get", "/v1/accounts")
def list_accounts(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/accounts/list"""
    return page(world.store.all("account", account=world.account), ask.params, url="/v1/accounts")


@plays("post", "/v1/accounts/{account}", "email", "business_profile")
def update_account(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/accounts/update"""
    account = world.get("account", ask.refs["account"])
    changes = {name: ask.params[name] for name in ("email", "business_profile") if name in ask.params}
    metadata = {**account["metadata"], **(ask.params.get("metadata") or {})}
    return world.change(account, "account.updated", metadata=metadata, **changes)


@plays("get", "/v1/accounts/{account}/capabilities")
def list_capabilities(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/capabilities/list"""
    account = world.get("account", ask.refs["account"])
    every = [_capability(account, name) for name in account["capabilities"]]
    return {"object": "list", "data": every, "has_more": False, "url": f"/v1/accounts/{account['id']}/capabilities"}


@plays("get", "/v1/accounts/{account}/capabilities/{capability}")
def retrieve_capability(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/capabilities/retrieve"""
    return _capability(world.get("account", ask.refs["account"]), ask.refs["capability"])


@plays("post", "/v1/account_links", "account", "type", "refresh_url", "return_url", "collection_options")
def create_link(world: World, ask: Ask) -> Document:
    """Single use, lives for minutes: https://docs.stripe.com/api/account_links/create"""
    account = world.get("account", ask.params["account"], param="account")
    if ask.params["type"] != "account_onboarding":
        raise no_behavior("post", "/v1/account_links with type=account_update")
    for name in ("refresh_url", "return_url"):
        if not ask.params.get(name):
            raise invalid(f"Missing required param: {name}.", param=name, code="parameter_missing")
    token = ids.random_text(16)
    inner = {"token": token, "expires_at": world.now + LINK_LIVES_S, "used": False, **_urls(ask.params)}
    world.store.remember(account["id"], {**world.store.inner(account["id"]), "link": inner})
    return {
        "object": "account_link", "created": world.now, "expires_at": world.now + LINK_LIVES_S,
        "url": f"{world.setup.public_url}/setup/e/{account['id']}/{token}",
    }  # fmt: skip


@plays("post", "/v1/accounts/{account}/login_links")
def create_login_link(world: World, ask: Ask) -> Document:
    """Only for accounts with the Express dashboard that have onboarded: https://docs.stripe.com/api/accounts/login_link"""
    account = world.get("account", ask.refs["account"])
    if account["controller"]["stripe_dashboard"]["type"] != "express":
        raise invalid("Cannot create a login link for an account without access to the Express Dashboard.")
    if not account["details_submitted"]:
        raise invalid("Cannot create a login link for an account that has not completed onboarding.")
    return {"object": "login_link", "created": world.now, "url": f"{world.setup.public_url}/express/{account['id']}"}


def finish_onboarding(world: World, account: Document) -> Document:
    """Everything was asked and given: transfers become active (https://docs.stripe.com/connect/express-accounts)."""
    active = dict.fromkeys(account["capabilities"], "active")
    bank = _bank_account(account)
    listed = {**account["external_accounts"], "data": [bank]}
    world.change(
        account, "account.updated", capabilities=active, details_submitted=True, payouts_enabled=True,
        charges_enabled="card_payments" in active, requirements=_requirements([], None), external_accounts=listed,
        tos_acceptance={"date": world.now, "ip": None, "user_agent": None},
    )  # fmt: skip
    for name in active:
        world.emit_about(account["id"], "capability.updated", _capability(account, name))
    return account


def restrict(world: World, account: Document, *, submitted: bool) -> Document:
    """Something is missing or refused: transfers stop (https://docs.stripe.com/connect/handling-api-verification)."""
    due = ["individual.verification.document"] if submitted else ASKED
    inactive = dict.fromkeys(account["capabilities"], "inactive")
    world.change(
        account, "account.updated", capabilities=inactive, details_submitted=submitted, charges_enabled=False,
        payouts_enabled=False, requirements=_requirements(due, "requirements.past_due"),
    )  # fmt: skip
    for name in inactive:
        world.emit_about(account["id"], "capability.updated", _capability(account, name))
    return account


def deauthorize(world: World, account: Document) -> None:
    """The payee leaves the platform: https://docs.stripe.com/api/events/types#event_types-account.application.deauthorized"""
    restrict(world, account, submitted=True)
    application = {"id": "ca_" + ids.random_text(24), "object": "application", "name": "Headroom"}
    world.emit_about(account["id"], "account.application.deauthorized", application)


def _controller(params: Params) -> Document:
    if "type" in params and "controller" in params:
        raise invalid("You may only specify one of these parameters: type, controller.")
    wish = params.get("controller", {})
    if "type" in params:
        wish = {"stripe_dashboard": {"type": "full" if params["type"] == "standard" else params["type"]}}
    dashboard = wish.get("stripe_dashboard", {}).get("type", "full")
    payer, losses = wish.get("fees", {}).get("payer", "account"), wish.get("losses", {}).get("payments", "stripe")
    collection = wish.get("requirement_collection", "stripe")
    if dashboard == "express" and (payer != "application" or losses != "application") and "type" not in params:
        raise invalid(
            "When `controller[stripe_dashboard][type]=express`, `controller[fees][payer]` and "
            "`controller[losses][payments]` must be `application`.",
            param="controller",
        )
    return {
        "fees": {"payer": payer}, "is_controller": True, "losses": {"payments": losses},
        "requirement_collection": collection, "stripe_dashboard": {"type": dashboard}, "type": "application",
    }  # fmt: skip


def _urls(params: Params) -> Document:
    return {"refresh_url": params["refresh_url"], "return_url": params["return_url"]}


def _requirements(due: list[str], reason: str | None) -> Document:
    return {
        "alternatives": [], "current_deadline": None, "currently_due": due, "disabled_reason": reason, "errors": [],
        "eventually_due": due, "past_due": due, "pending_verification": [],
    }  # fmt: skip


def _capability(account: Document, name: str) -> Document:
    if name not in account["capabilities"]:
        raise invalid(f"No such capability: '{name}'", param="capability", code="resource_missing", status=404)
    due = [] if account["capabilities"][name] == "active" else account["requirements"]["currently_due"]
    needs = _requirements(due, None)
    needs["disabled_reason"] = "requirements.fields_needed" if due else None
    return {
        "id": name, "object": "capability", "account": account["id"], "future_requirements": _requirements([], None),
        "requested": True, "requested_at": account["created"], "requirements": needs,
        "status": account["capabilities"][name],
    }  # fmt: skip


def _bank_account(account: Document) -> Document:
    return {
        "id": ids.new("external_account"), "object": "bank_account", "account": account["id"],
        "account_holder_name": None, "account_holder_type": None, "account_type": None,
        "available_payout_methods": ["standard"], "bank_name": "STRIPE TEST BANK", "country": account["country"],
        "currency": account["default_currency"], "default_for_currency": True, "fingerprint": ids.random_text(16),
        "future_requirements": None, "last4": "6789", "metadata": {}, "requirements": None,
        "routing_number": "110000000", "status": "new",
    }  # fmt: skip


def _settings() -> Document:
    schedule = {"delay_days": 2, "interval": "daily"}
    return {
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False}, "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None, "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "payments": {
            "statement_descriptor": None, "statement_descriptor_kana": None, "statement_descriptor_kanji": None,
        },
        "payouts": {"debit_negative_balances": True, "schedule": schedule, "statement_descriptor": None},
    }  # fmt: skip
