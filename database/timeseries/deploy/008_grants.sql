-- Who may do what. On hypertables only, never on their chunks; and on whole tables, because TimescaleDB passes a grant on a
-- column to the table that holds the compressed rows, which has other columns, and fails. A view leaves columns out instead.
\set change 008_grants
\ir ../lib/begin.sql
\if :applied \q
\endif

GRANT USAGE ON SCHEMA app TO application_role, ingest_role, telemetry_role, reporting_role, backup_role;
GRANT EXECUTE ON FUNCTION app.current_user_id() TO application_role, backup_role;
GRANT EXECUTE ON FUNCTION app.timeframe_length(text) TO application_role, ingest_role, reporting_role, backup_role;

-- A tick is a fact and stays as it is; a published candle is corrected by whoever published it.
GRANT SELECT, INSERT ON tick_data TO ingest_role;
GRANT SELECT, INSERT, UPDATE ON market_data TO ingest_role;
GRANT INSERT ON portfolio_snapshots TO trading_role;
GRANT SELECT, INSERT ON strategy_metrics TO strategy_role;
GRANT INSERT ON system_metrics, latency_metrics TO telemetry_role;

GRANT SELECT ON tick_data, market_data, ohlcv, my_portfolio_snapshots TO application_role;
GRANT SELECT ON candles_1m, candles_5m, candles_15m, candles_1h, candles_4h, candles_1d TO application_role, ingest_role, reporting_role;
GRANT SELECT ON tick_data, market_data, ohlcv, portfolio_snapshots, strategy_metrics, system_metrics TO reporting_role;
GRANT SELECT ON operation_latency TO reporting_role;

GRANT USAGE ON SCHEMA ops TO backup_role;
GRANT SELECT ON ALL TABLES IN SCHEMA public, ops TO backup_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public, ops GRANT SELECT ON TABLES TO backup_role;
\ir ../lib/record.sql
