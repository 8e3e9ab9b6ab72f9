"""Constraints of the main database: for each, what makes a good row bad, and a good twin of that."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from .rows import World, sealed

Change = dict[str, Any]
ONE = uuid4()
REFUSED: dict[str, tuple[object, ...]] = {
    "amount": ("NaN", "Infinity", "0.0000000000000000001", "100000000000000000000", "-1"),
    "positive_amount": ("NaN", "Infinity", "0.0000000000000000001", "100000000000000000000", "-1", "0"),
    "signed_amount": ("NaN", "Infinity", "-Infinity", "0.0000000000000000001", "100000000000000000000", "-100000000000000000000"),
    "ratio": ("NaN", "Infinity", "1000000000000"),
    "percent": ("NaN", "Infinity", "-0.01", "100.01"),
    "fraction": ("NaN", "Infinity", "-0.0001", "1.0001"),
    "rating": ("NaN", "-0.01", "5.01"),
    "counter": (-1,),
    "currency": ("usd", "U", "ABCDEFGHIJK", "U D"),
    "symbol": ("btc-usd", "", "BTC USD", "A" * 21),
    "country": ("us", "U", "USAA"),
}
"""What each domain refuses, in every column of its type."""


def half(field: str) -> Change:
    return {f"{field}_encrypted": os.urandom(24), f"{field}_nonce": None, f"{field}_key_version": None}


def short_nonce(field: str) -> Change:
    return sealed(field) | {f"{field}_nonce": os.urandom(11)}


def short_tag(field: str) -> Change:
    return sealed(field) | {f"{field}_encrypted": os.urandom(15)}


def other(table: str, column: str = "id") -> Callable[[World], Any]:
    """The key of a row that belongs to somebody else."""
    whose = "developer_id" if table == "marketplace_strategies" else "user_id"

    def made(world: World) -> Any:
        if table == "orders":
            return world.insert(table, user_id=world.stranger())[column]
        return world.insert(table, **{whose: world.stranger()})[column]

    return made


def own(table: str, column: str = "id") -> Callable[[World], Any]:
    return lambda world: world.a(table)[column]


def on_paper(table: str) -> Callable[[World], Any]:
    return lambda world: world.insert(table, book="PAPER")["id"]


NOW = "2026-06-15T12:00:00Z"
LATER = "2026-06-15T13:00:00Z"


@dataclass(frozen=True)
class Case:
    """A constraint, and what to change of a good row of its table so that it refuses it, and so that it does not."""

    constraint: str
    bad: Change
    good: Change


FILLED = {"status": "FILLED", "filled_quantity": 2, "average_fill_price": 100}
CASES: dict[str, list[Case]] = {
    "users": [
        Case("users_email_form", {"email": "somebody"}, {"email": "some+body@example.com"}),
        Case("users_password_hash_form", {"password_hash": "secret"}, {"password_hash": "$2b$12$" + "a" * 53}),
        Case("users_phone_number_index_size", {**sealed("phone_number"), "phone_number_index": b"short"}, {**sealed("phone_number"), "phone_number_index": os.urandom(32)}),
        Case("users_phone_number_sealed", {**half("phone_number"), "phone_number_index": os.urandom(32)}, {**sealed("phone_number"), "phone_number_index": os.urandom(32)}),
        Case("users_phone_number_sealed", {**short_nonce("phone_number"), "phone_number_index": os.urandom(32)}, {}),
        Case("users_phone_number_findable", sealed("phone_number"), {}),
        Case("users_ssn_sealed", short_tag("ssn"), sealed("ssn")),
        Case("users_ssn_sealed", sealed("ssn") | {"ssn_key_version": 0}, {}),
        Case("users_two_fa_secret_sealed", half("two_fa_secret"), sealed("two_fa_secret")),
        Case("users_two_fa_has_secret", {"two_fa_enabled": True}, {"two_fa_enabled": True, **sealed("two_fa_secret")}),
        Case("users_erased_after_closed", {"erased_at": NOW}, {"erased_at": NOW, "closed_at": NOW}),
    ],
    "data_keys": [
        Case("data_keys_version_positive", {"version": 0}, {"version": 2}),
        Case("data_keys_there_or_destroyed", {"wrapped_key": None}, {"wrapped_key": None, "encryption_key_id": None, "destroyed_at": NOW}),
        Case("data_keys_there_or_destroyed", {"destroyed_at": NOW}, {}),
    ],
    "broker_connections": [
        Case("broker_connections_api_key_sealed", short_nonce("api_key"), sealed("api_key")),
        Case("broker_connections_api_secret_sealed", half("api_secret"), sealed("api_secret")),
        Case("broker_connections_additional_credentials_sealed", short_tag("additional_credentials"), sealed("additional_credentials")),
        Case("broker_connections_error_said", {"status": "ERROR"}, {"status": "ERROR", "error_message": "401"}),
    ],
    "strategies": [
        Case("strategies_not_its_own_template", {"id": ONE, "template_id": ONE}, {"template_id": own("strategies")}),
    ],
    "strategy_instances": [
        Case("strategy_instances_max_positions", {"max_positions": 0}, {"max_positions": 1}),
        Case("strategy_instances_running_since", {"status": "RUNNING"}, {"status": "RUNNING", "started_at": NOW}),
    ],
    "backtest_results": [
        Case("backtest_results_period", {"end_date": "2024-12-31"}, {"end_date": "2025-01-01"}),
        Case("backtest_results_trades", {"winning_trades": 6, "losing_trades": 5}, {"winning_trades": 6, "losing_trades": 4}),
    ],
    "training_jobs": [
        Case("training_jobs_progress", {"progress": 101}, {"progress": 100}),
        Case("training_jobs_completed_when", {"status": "COMPLETED"}, {"status": "COMPLETED", "completed_at": NOW}),
        Case("training_jobs_own_strategy", {"strategy_id": other("strategies")}, {}),
    ],
    "orders": [
        Case("orders_limit_has_price", {"price": None}, {"order_type": "MARKET", "price": None}),
        Case("orders_limit_has_price", {"order_type": "MARKET"}, {}),
        Case("orders_stop_has_price", {"order_type": "STOP", "price": None}, {"order_type": "STOP", "price": None, "stop_price": 90}),
        Case("orders_stop_has_price", {"order_type": "STOP_LIMIT"}, {"order_type": "STOP_LIMIT", "stop_price": 90}),
        Case("orders_filled_as_status_says", FILLED | {"filled_quantity": 99, "status": "CANCELLED"}, FILLED),
        Case("orders_filled_as_status_says", FILLED | {"filled_quantity": 1}, FILLED | {"filled_quantity": 1, "status": "PARTIAL"}),
        Case("orders_filled_as_status_says", FILLED | {"status": "REJECTED"}, {"status": "REJECTED"}),
        Case("orders_filled_as_status_says", FILLED | {"status": "PARTIAL"}, {}),
        Case("orders_filled_as_status_says", FILLED | {"status": "EXPIRED"}, FILLED | {"filled_quantity": 1, "status": "EXPIRED"}),
        Case("orders_filled_at_a_price", FILLED | {"average_fill_price": None}, FILLED),
        Case("orders_external_has_broker", {"external_order_id": "x"}, {"external_order_id": "x", "broker_id": own("brokers")}),
        Case("orders_strategy_named", {"source": "STRATEGY"}, {"source": "STRATEGY", "strategy_id": own("strategies")}),
        Case("orders_expire_later", {"created_at": LATER, "expires_at": NOW}, {"created_at": NOW, "expires_at": LATER}),
        Case("orders_own_instance", {"strategy_instance_id": other("strategy_instances")}, {"strategy_instance_id": own("strategy_instances")}),
        Case("orders_own_connection", {"broker_connection_id": other("broker_connections")}, {"broker_connection_id": own("broker_connections")}),
    ],
    "trades": [
        Case("trades_own_order", {"order_id": other("orders")}, {}),
        Case("trades_own_order", {"user_id": World.stranger}, {}),
        Case("trades_own_order", {"symbol": "ETH-USD"}, {}),
        Case("trades_own_order", {"side": "SELL"}, {}),
        Case("trades_fee_has_currency", {"fees": 1}, {"fees": 1, "fee_currency": "USD"}),
    ],
    "transactions": [
        Case("transactions_own_wallet", {"wallet_id": other("wallets")}, {}),
        Case("transactions_own_wallet", {"currency": "EUR"}, {}),
        Case("transactions_own_journal", {"status": "COMPLETED", "journal_id": other("ledger_journals")}, {"status": "COMPLETED", "journal_id": own("ledger_journals")}),
        Case("transactions_direction_of_type", {"direction": "DEBIT"}, {"type": "WITHDRAWAL", "direction": "DEBIT"}),
        Case("transactions_direction_of_type", {"type": "FEE"}, {"type": "TRADE"}),
        Case("transactions_posted_when_completed", {"status": "COMPLETED"}, {"status": "PROCESSING"}),
    ],
    "ledger_accounts": [
        Case("ledger_accounts_wallet_or_house", {"kind": "AVAILABLE"}, {"kind": "FEES"}),
        Case("ledger_accounts_own_wallet", {"kind": "LOCKED", "book": "PAPER", "wallet_id": own("wallets"), "user_id": own("users"), "currency": own("wallets", "currency")}, {}),
    ],
    "ledger_entries": [
        Case("ledger_entries_not_zero", {"amount": 0}, {"amount": -5}),
        Case("ledger_entries_journal", {"journal_id": on_paper("ledger_journals")}, {}),
        Case("ledger_entries_account", {"account_id": on_paper("ledger_accounts")}, {}),
        Case("ledger_entries_own", {"user_id": World.stranger}, {}),
    ],
    "marketplace_strategies": [
        Case("marketplace_strategies_own_strategy", {"strategy_id": other("strategies")}, {}),
        Case("marketplace_strategies_priced", {"price_model": "FIXED"}, {"price_model": "FIXED", "price": 10}),
        Case("marketplace_strategies_priced", {"price_model": "REVENUE_SHARE"}, {"price_model": "REVENUE_SHARE", "revenue_share_percent": 20}),
        Case("marketplace_strategies_priced", {"price": 10}, {}),
        Case("marketplace_strategies_approved_when", {"status": "APPROVED"}, {"status": "APPROVED", "published_at": NOW}),
    ],
    "marketplace_purchases": [
        Case("marketplace_purchases_paid", {"price_paid": 10}, {"price_paid": 10, "currency": "USD", "transaction_id": own("transactions")}),
        Case("marketplace_purchases_own_transaction", {"price_paid": 10, "currency": "USD", "user_id": World.stranger, "transaction_id": own("transactions")}, {}),
    ],
    "strategy_reviews": [
        Case("strategy_reviews_rating_check", {"rating": 6}, {"rating": 1}),
        Case("strategy_reviews_rating_check", {"rating": 0}, {}),
        Case("strategy_reviews_own_purchase", {"purchase_id": own("marketplace_purchases")}, {}),
    ],
    "strategy_usage_metrics": [
        Case("strategy_usage_metrics_period", {"period_end": "2025-12-31"}, {"period_end": "2026-01-01"}),
        Case("strategy_usage_metrics_own_instance", {"strategy_instance_id": own("strategy_instances")}, {}),
    ],
    "kyc_records": [
        Case("kyc_records_document_number_sealed", short_nonce("document_number"), {}),
        Case("kyc_records_date_of_birth_sealed", half("date_of_birth"), sealed("date_of_birth")),
        Case("kyc_records_approved_when", {"verification_status": "APPROVED"}, {"verification_status": "APPROVED", "verified_at": NOW}),
        Case("kyc_records_expire_later", {"verified_at": LATER, "expires_at": NOW}, {"verified_at": NOW, "expires_at": LATER}),
    ],
    "aml_alerts": [
        Case("aml_alerts_resolved_when", {"status": "RESOLVED"}, {"status": "RESOLVED", "resolved_at": NOW}),
        Case("aml_alerts_resolved_when", {"resolved_at": NOW}, {}),
    ],
    "support_tickets": [
        Case("support_tickets_resolved_when", {"status": "RESOLVED"}, {"status": "RESOLVED", "resolved_at": NOW}),
    ],
    "notifications": [
        Case("notifications_read_when", {"status": "READ"}, {"status": "READ", "read_at": "now"}),
        Case("notifications_sent_when", {"status": "SENT"}, {"status": "SENT", "sent_at": "now"}),
    ],
    "audit_logs": [Case("audit_logs_failure_said", {"success": False}, {"success": False, "error_message": "no"})],
    "audit_logs_archive": [Case("audit_logs_failure_said", {"success": False}, {"success": False, "error_message": "no"})],
}  # fmt: skip
"""Constraints that cannot be tried from the catalogue alone, by table."""
