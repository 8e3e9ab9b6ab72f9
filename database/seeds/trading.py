"""Money, strategies, orders, and the marketplace."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from .sample import Dice, Row, Sample

SYMBOLS = {"BTC-USD": 60000, "ETH-USD": 3000, "SOL-USD": 150, "AAPL": 220, "MSFT": 430}
"""Each with a price that it is near to."""
CATEGORIES = ("Trend following", "Mean reversion", "Market making")
CODE = "def on_candle(candle):\n    return 'BUY' if candle.close > candle.open else 'SELL'\n"


def trading(sample: Sample) -> None:
    """What users do, after `people`."""
    _wallets(sample)
    _strategies(sample)
    _orders(sample)
    _positions(sample)
    _marketplace(sample)


def _wallets(sample: Sample) -> None:
    dice = sample.dice("wallets")
    for user in sample["users"]:
        for currency, kind in ("USD", "TRADING"), ("BTC", "TRADING"), ("USD", "PAPER"):
            wallet = sample.add(
                "wallets", id=dice.uuid(), user_id=user["id"], currency=currency, wallet_type=kind, created_at=user["created_at"]
            )
            _movements(sample, dice, wallet)


def _movements(sample: Sample, dice: Dice, wallet: Row) -> None:
    """Deposits, and withdrawals of less than is there. Each that is completed has its journal, and no other has."""
    balance, moment = Decimal(0), wallet["created_at"]
    for number in range(dice.randint(1, 4)):
        moment = dice.time(moment)
        deposit = number == 0 or dice.often(0.5)
        amount = dice.amount(1000, 50000) if deposit else (balance / 4).quantize(Decimal("0.01"))
        status = "COMPLETED" if number == 0 else dice.one(("COMPLETED", "COMPLETED", "FAILED", "PENDING"))
        signed = amount if deposit else -amount
        journal = dice.uuid()
        what = {"user_id": wallet["user_id"], "created_at": moment, "idempotency_key": f"sample-{dice.uuid()}"}
        if status == "COMPLETED":
            balance += signed
            book = "PAPER" if wallet["wallet_type"] == "PAPER" else "LIVE"
            sample.add("ledger_journals", id=journal, book=book, request={"sample": True}, **what)
            of = {"journal_id": journal, "book": book, "currency": wallet["currency"], "created_at": moment}
            # The loader finds the accounts, which the database opened with the wallet.
            sample.add("ledger_entries", account=(wallet["id"], "AVAILABLE"), user_id=wallet["user_id"], amount=signed, **of)
            sample.add("ledger_entries", account=(None, "CUSTODY"), user_id=None, amount=-signed, **of)
        sample.add(
            "transactions", id=dice.uuid(), wallet_id=wallet["id"], journal_id=journal if status == "COMPLETED" else None,
            type="DEPOSIT" if deposit else "WITHDRAWAL", direction="CREDIT" if deposit else "DEBIT", currency=wallet["currency"],
            amount=amount, status=status, description="A sample", **what,
        )  # fmt: skip


def _strategies(sample: Sample) -> None:
    dice = sample.dice("strategies")
    for number, user in enumerate(sample["users"]):
        if number % 5 not in (0, 1):
            continue
        made = dice.time(user["created_at"])
        strategy = sample.add(
            "strategies", id=dice.uuid(), user_id=user["id"], name=f"Sample strategy {number}", type="CODE_BASED", code=CODE,
            category=dice.one(CATEGORIES), status=dice.one(("DRAFT", "TESTING", "ACTIVE")), is_public=dice.often(0.3),
            created_at=made,
        )  # fmt: skip
        started, running = dice.time(made), dice.often(0.5)
        sample.add(
            "strategy_instances", id=dice.uuid(), strategy_id=strategy["id"], user_id=user["id"], name="Sample instance",
            allocated_capital=10000, current_capital=dice.amount(8000, 13000), instance_type=dice.one(("LIVE", "PAPER")),
            status="RUNNING" if running else "STOPPED", started_at=started, stopped_at=None if running else dice.time(started),
            created_at=started,
        )  # fmt: skip
        trades = dice.randint(10, 200)
        won = dice.randint(0, trades)
        sample.add(
            "backtest_results", id=dice.uuid(), strategy_id=strategy["id"], user_id=user["id"], dataset_id="btc-usd-1h",
            start_date=(made - timedelta(days=365)).date(), end_date=made.date(), initial_capital=10000,
            final_capital=dice.amount(7000, 16000), total_trades=trades, winning_trades=won, losing_trades=trades - won,
            win_rate=(Decimal(won) / trades).quantize(Decimal("0.0001")), max_drawdown=dice.amount(0, 1, 4), created_at=made,
        )  # fmt: skip
        status = dice.one(("PENDING", "RUNNING", "COMPLETED", "FAILED"))
        over = status in ("COMPLETED", "FAILED")
        sample.add(
            "training_jobs", id=dice.uuid(), strategy_id=strategy["id"], user_id=user["id"], job_name="Sample training",
            job_type="LSTM", status=status, progress=100 if status == "COMPLETED" else 0 if status == "PENDING" else 40,
            started_at=None if status == "PENDING" else made, completed_at=dice.time(made) if over else None, created_at=made,
        )  # fmt: skip


def _orders(sample: Sample) -> None:
    dice = sample.dice("orders")
    instances = {instance["user_id"]: instance for instance in sample["strategy_instances"]}
    number = 0
    for user in sample["users"]:
        for _ in range(dice.randint(1, 10)):
            number += 1
            _order(sample, dice, number, user, instances.get(user["id"]))


def _order(sample: Sample, dice: Dice, number: int, user: Row, instance: Row | None) -> None:
    symbol = dice.one(tuple(SYMBOLS))
    placed, quantity = dice.time(user["created_at"]), dice.amount(1, 100, 4)
    price = (SYMBOLS[symbol] * dice.amount(90, 110)).quantize(Decimal("0.01")) / 100
    limit, status = dice.often(0.6), dice.one(("PENDING", "PARTIAL", "FILLED", "FILLED", "FILLED", "CANCELLED", "REJECTED"))
    filled = {"FILLED": quantity, "PARTIAL": quantity / 4}.get(status, Decimal(0))
    by_strategy = instance is not None and dice.often(0.5)
    order = sample.add(
        "orders", id=number, user_id=user["id"], client_order_id=f"sample-{number}", symbol=symbol,
        order_type="LIMIT" if limit else "MARKET",
        side=dice.one(("BUY", "SELL")), quantity=quantity, price=price if limit else None, filled_quantity=filled,
        average_fill_price=price if filled else None, status=status, source="STRATEGY" if by_strategy else "MANUAL",
        strategy_id=instance["strategy_id"] if instance and by_strategy else None,
        strategy_instance_id=instance["id"] if instance and by_strategy else None, created_at=placed,
    )  # fmt: skip
    parts = dice.randint(1, 3)
    for part in range(parts if filled else 0):
        fill = (filled / parts).quantize(Decimal("1e-8"))
        sample.add(
            "trades", id=number * 10 + part, order_id=number, user_id=user["id"], external_trade_id=f"sample-{number}-{part}",
            symbol=symbol, side=order["side"], price=price, commission=Decimal("0.10"), fee_currency="USD",
            quantity=filled - fill * (parts - 1) if part == parts - 1 else fill, executed_at=dice.time(placed),
        )  # fmt: skip


def _positions(sample: Sample) -> None:
    dice = sample.dice("positions")
    number = 0
    for user in sample["users"]:
        for symbol in dice.some(tuple(SYMBOLS), 3):
            number += 1
            quantity, price = dice.amount(1, 20, 4), SYMBOLS[symbol] * dice.amount(95, 105) / 100
            sample.add(
                "positions", id=number, user_id=user["id"], symbol=symbol, side=dice.one(("LONG", "SHORT")), quantity=quantity,
                average_price=price, market_value=quantity * price, position_type=dice.one(("LIVE", "PAPER")),
                opened_at=dice.time(user["created_at"]),
            )  # fmt: skip


def _marketplace(sample: Sample) -> None:
    dice, users = sample.dice("marketplace"), sample["users"]
    for strategy in sample["strategies"]:
        developer, listed = strategy["user_id"], dice.time(strategy["created_at"])
        sample.add(
            "developer_profiles", user_id=developer, display_name="Sample developer", total_strategies=1, created_at=listed
        )
        model = dice.one(("FREE", "REVENUE_SHARE"))
        listing = sample.add(
            "marketplace_strategies", id=dice.uuid(), strategy_id=strategy["id"], developer_id=developer, title=strategy["name"],
            short_description="A sample", category=strategy["category"], tags=["sample"], price_model=model,
            revenue_share_percent=10 if model == "REVENUE_SHARE" else None, risk_level=dice.one(("LOW", "MEDIUM", "HIGH")),
            supported_markets=["crypto"], supported_timeframes=["1h"], status="APPROVED", published_at=listed,
            downloads_count=dice.randint(0, 5000), created_at=listed,
        )  # fmt: skip
        for buyer in dice.some([user for user in users if user["id"] != developer], 3):
            bought = dice.time(max(listed, buyer["created_at"]))
            purchase = sample.add(
                "marketplace_purchases",
                id=dice.uuid(),
                marketplace_strategy_id=listing["id"],
                user_id=buyer["id"],
                purchased_at=bought,
            )
            sample.add(
                "strategy_reviews", id=dice.uuid(), marketplace_strategy_id=listing["id"], user_id=buyer["id"],
                purchase_id=purchase["id"], rating=dice.randint(1, 5), title="A sample review", created_at=dice.time(bought),
            )  # fmt: skip
            sample.add(
                "strategy_usage_metrics", id=dice.uuid(), marketplace_strategy_id=listing["id"], user_id=buyer["id"],
                period_start=bought.date().replace(day=1), period_end=bought.date(), trades_count=dice.randint(0, 50),
                volume_traded=dice.amount(0, 10000), created_at=bought,
            )  # fmt: skip
