-- Section 5.2: what portfolios were worth, and how strategies did.
\set change 004_performance
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE TABLE portfolio_snapshots (
    time timestamptz NOT NULL CHECK (isfinite(time)),
    user_id uuid NOT NULL,
    portfolio_type text NOT NULL CHECK (portfolio_type IN ('LIVE', 'PAPER')),
    total_value signed_amount NOT NULL,
    cash_balance signed_amount NOT NULL,
    positions_value signed_amount NOT NULL,
    unrealized_pnl signed_amount NOT NULL,
    realized_pnl signed_amount NOT NULL,
    daily_pnl signed_amount,
    total_return ratio,
    PRIMARY KEY (user_id, portfolio_type, time),
    CONSTRAINT portfolio_snapshots_total CHECK (total_value = cash_balance + positions_value)
);
COMMENT ON TABLE portfolio_snapshots IS
    'Has no row-level security, because TimescaleDB compresses no table that has: a user''s services read my_portfolio_snapshots.';
SELECT create_hypertable('portfolio_snapshots', 'time', chunk_time_interval => interval '7 days', create_default_indexes => false) \g /dev/null
CREATE INDEX idx_portfolio_snapshots_user_time ON portfolio_snapshots (user_id, time DESC);

CREATE VIEW my_portfolio_snapshots WITH (security_barrier) AS
    SELECT * FROM portfolio_snapshots WHERE user_id = (SELECT app.current_user_id());
COMMENT ON VIEW my_portfolio_snapshots IS 'The snapshots of the user in app.current_user_id; none where there is nobody.';

CREATE TABLE strategy_metrics (
    time timestamptz NOT NULL CHECK (isfinite(time)),
    strategy_instance_id uuid NOT NULL,
    trades_count counter NOT NULL DEFAULT 0,
    win_rate fraction,
    profit_factor ratio CHECK (profit_factor >= 0),
    sharpe_ratio ratio,
    max_drawdown fraction,
    total_return ratio,
    volatility ratio CHECK (volatility >= 0),
    current_positions counter NOT NULL DEFAULT 0,
    allocated_capital amount,
    used_capital amount,
    unrealized_pnl signed_amount,
    realized_pnl signed_amount,
    PRIMARY KEY (strategy_instance_id, time),
    CONSTRAINT strategy_metrics_wins CHECK (trades_count > 0 OR win_rate IS NULL OR win_rate = 0)
);
SELECT create_hypertable('strategy_metrics', 'time', chunk_time_interval => interval '7 days', create_default_indexes => false) \g /dev/null
\ir ../lib/record.sql
