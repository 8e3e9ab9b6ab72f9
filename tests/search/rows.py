"""A row of `marketplace_strategies`, as psycopg reads it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

MOMENT = datetime(2026, 11, 25, 12, 30, 0, 123456, tzinfo=UTC)


def row(**over: Any) -> dict[str, Any]:
    return {
        "id": "a",
        "strategy_id": UUID(int=1),
        "developer_id": UUID(int=2),
        "title": "Breakouts",
        "short_description": "Follows ranges that break",
        "long_description": None,
        "category": "momentum",
        "tags": ["futures"],
        "price_model": "FIXED",
        "price": Decimal("49.90"),
        "revenue_share_percent": None,
        "performance_metrics": {"sharpe_ratio": 1.4, "max_drawdown": 0.12, "notes": {"anything": "else"}},
        "minimum_capital": Decimal(500),
        "risk_level": "HIGH",
        "supported_markets": ["BTC"],
        "supported_timeframes": ["1h"],
        "version": "1.0.0",
        "status": "APPROVED",
        "downloads_count": 3,
        "average_rating": Decimal("4.5"),
        "reviews_count": 2,
        "published_at": MOMENT,
        "created_at": MOMENT,
        "updated_at": MOMENT,
        **over,
    }
