"""Transfers to connected accounts and their reversals."""

from __future__ import annotations

from standins.stripe import money
from standins.stripe.behavior.table import Ask, plays
from standins.stripe.errors import invalid
from standins.stripe.paging import page
from standins.stripe.schema import Params
from standins.stripe.store import Document
from standins.stripe.world import World


@plays(
    "post", "/v1/transfers", "amount", "currency", "destination", "source_transaction", "transfer_group", "description"
)
def create_transfer(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/transfers/create and https://docs.stripe.com/connect/separate-charges-and-transfers"""
    amount, currency = _positive(ask.params.get("amount")), money.require_currency(ask.params["currency"])
    payee = _payee(world, ask.params["destination"])
    source = _source(world, ask.params, amount, currency)
    due = _due(world, source, amount, currency)
    fields = {
        "amount": amount, "amount_reversed": 0, "created": world.now, "currency": currency, "livemode": False,
        "description": ask.params.get("description"), "destination": payee["id"], "metadata": ask.params.get("metadata", {}),
        "reversals": {"object": "list", "data": [], "has_more": False, "url": ""}, "reversed": False,
        "source_transaction": source["id"] if source else None, "source_type": "card",
        "transfer_group": _group(world, source, ask.params),
    }  # fmt: skip
    transfer = world.create("transfer", fields)
    movement = money.book(world, "transfer", transfer["id"], -amount, currency, available_on=due)
    payment = _arrive(world, transfer, payee, due)
    reversals = {**transfer["reversals"], "url": f"/v1/transfers/{transfer['id']}/reversals"}
    world.change(transfer, balance_transaction=movement["id"], destination_payment=payment["id"], reversals=reversals)
    world.emit("transfer.created", transfer)
    return transfer


@plays("get", "/v1/transfers/{transfer}")
def retrieve_transfer(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/transfers/retrieve"""
    return world.get("transfer", ask.refs["transfer"])


@plays("post", "/v1/transfers/{transfer}", "description")
def update_transfer(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/transfers/update"""
    transfer = world.get("transfer", ask.refs["transfer"])
    metadata = {**transfer["metadata"], **(ask.params.get("metadata") or {})}
    description = ask.params.get("description", transfer["description"])
    return world.change(transfer, "transfer.updated", metadata=metadata, description=description)


@plays("get", "/v1/transfers", "destination", "transfer_group")
def list_transfers(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/transfers/list"""
    equal = {name: ask.params[name] for name in ("destination", "transfer_group") if name in ask.params}
    return page(world.store.all("transfer", account=world.account, **equal), ask.params, url="/v1/transfers")


@plays("post", "/v1/transfers/{id}/reversals", "amount", "description")
def create_reversal(world: World, ask: Ask) -> Document:
    """Never more than is left of the transfer, nor more than the payee still has.

    Source: https://docs.stripe.com/api/transfer_reversals/create
    """
    transfer = world.get("transfer", ask.refs["id"])
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = _positive(ask.params.get("amount", left)) if left else 0
    if amount > left or left == 0:
        asked, rest = (money.in_words(each, transfer["currency"]) for each in (amount, left))
        raise invalid(f"Transfer reversal amount ({asked}) is greater than unreversed amount ({rest})", param="amount")
    _require_payee_funds(world, transfer, amount)
    reversal = world.create(
        "transfer_reversal",
        {
            "amount": amount, "created": world.now, "currency": transfer["currency"],
            "metadata": ask.params.get("metadata", {}), "transfer": transfer["id"],
        },
    )  # fmt: skip
    _book_reversal(world, transfer, reversal)
    _note_on_transfer(world, transfer, reversal)
    return reversal


@plays("get", "/v1/transfers/{id}/reversals")
def list_reversals(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/transfer_reversals/list"""
    transfer = world.get("transfer", ask.refs["id"])
    reversals = world.store.all("transfer_reversal", account=world.account, transfer=transfer["id"])
    return page(reversals, ask.params, url=transfer["reversals"]["url"])


@plays("get", "/v1/transfers/{transfer}/reversals/{id}")
def retrieve_reversal(world: World, ask: Ask) -> Document:
    """https://docs.stripe.com/api/transfer_reversals/retrieve"""
    world.get("transfer", ask.refs["transfer"])
    return world.get("transfer_reversal", ask.refs["id"])


def _positive(amount: int | None) -> int:
    if amount is None:
        raise invalid("Missing required param: amount.", param="amount", code="parameter_missing")
    if amount < 1:
        raise invalid(
            "This value must be greater than or equal to 1.", param="amount", code="parameter_invalid_integer"
        )
    return amount


def _payee(world: World, ref: str) -> Document:
    account = world.get("account", ref, param="destination")
    if account["capabilities"].get("transfers") != "active":
        raise invalid(
            "Your destination account needs to have at least one of the following capabilities enabled: transfers, "
            "crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )
    return account


def _source(world: World, params: Params, amount: int, currency: str) -> Document | None:
    if "source_transaction" not in params:
        return None
    charge = world.get("charge", params["source_transaction"], param="source_transaction")
    if charge["status"] == "failed":
        raise invalid("You cannot use a failed charge as a source_transaction.", param="source_transaction")
    if charge["currency"] != currency:
        raise invalid(
            f"The currency of source_transaction's balance transaction ({charge['currency']}) must be the same as the "
            f"transfer currency ({currency})",
            param="source_transaction",
        )
    spent = sum(
        each["amount"] - each["amount_reversed"]
        for each in world.store.all("transfer", account=world.account, source_transaction=charge["id"])
    )
    if spent + amount > charge["amount"]:
        limit, used = (money.in_words(each, currency) for each in (charge["amount"], spent))
        raise invalid(
            f"Transfers using this transaction as a source must not exceed the source amount of {limit}. "
            f"(There is already a total of {used} transferred from this source.)",
            param="amount",
        )
    return charge


def _due(world: World, source: Document | None, amount: int, currency: str) -> int:
    if source is not None:
        movement = world.store.get(source["balance_transaction"])
        return max(world.now, int(movement["available_on"])) if movement else money.settles_at(world)
    available, _ = money.balances(world, world.account)
    if world.tip("insufficient_balance") or available.get(currency, 0) < amount:
        raise money.insufficient()
    return world.now


def _group(world: World, source: Document | None, params: Params) -> str | None:
    asked = params.get("transfer_group")
    if source is None:
        return asked
    kept = source["transfer_group"]
    if kept is None:
        kept = asked or f"group_{source['payment_intent'] or source['id']}"
        world.change(source, transfer_group=kept)
    if asked not in {None, kept}:
        raise invalid("The transfer_group must be the one of source_transaction.", param="transfer_group")
    return str(kept)


def _arrive(world: World, transfer: Document, payee: Document, due: int) -> Document:
    # The payment is an object of the payee's account; the platform sees only its id.
    ref = {"object": "charge", "amount": transfer["amount"], "currency": transfer["currency"]}
    fields: Document = {
        "_prefix": "payment", **ref, "amount_captured": transfer["amount"], "amount_refunded": 0, "captured": True,
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "created": world.now, "disputed": False, "livemode": False, "metadata": {}, "paid": True, "refunded": False,
        "source_transfer": transfer["id"], "status": "succeeded",
    }  # fmt: skip
    payment = world.create("charge", fields, account=payee["id"])
    movement = money.book(
        world, "payment", payment["id"], transfer["amount"], transfer["currency"], available_on=due, account=payee["id"]
    )
    return world.change(payment, balance_transaction=movement["id"])


def _require_payee_funds(world: World, transfer: Document, amount: int) -> None:
    available, pending = money.balances(world, transfer["destination"])
    has = available.get(transfer["currency"], 0) + pending.get(transfer["currency"], 0)
    if world.tip("insufficient_payee_balance", destination=transfer["destination"]) or has < amount:
        raise invalid(
            "The connected account does not have sufficient funds to cover the transfer reversal.",
            code="balance_insufficient",
        )


def _book_reversal(world: World, transfer: Document, reversal: Document) -> None:
    currency, amount = transfer["currency"], reversal["amount"]
    sent = world.store.get(transfer["balance_transaction"])
    due = max(world.now, int(sent["available_on"]) if sent else world.now)
    back = money.book(world, "transfer_refund", reversal["id"], amount, currency, available_on=due)
    money.book(
        world, "payment_refund", transfer["destination_payment"], -amount, currency,
        available_on=due, account=transfer["destination"],
    )  # fmt: skip
    world.change(reversal, balance_transaction=back["id"])


def _note_on_transfer(world: World, transfer: Document, reversal: Document) -> None:
    reversed_minor = transfer["amount_reversed"] + reversal["amount"]
    listed = {**transfer["reversals"], "data": [reversal, *transfer["reversals"]["data"]]}
    world.change(
        transfer, "transfer.reversed", amount_reversed=reversed_minor,
        reversed=reversed_minor == transfer["amount"], reversals=listed,
    )  # fmt: skip
