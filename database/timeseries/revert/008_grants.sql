\set change 008_grants
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set roles 'application_role, ingest_role, trading_role, strategy_role, telemetry_role, reporting_role, backup_role'
ALTER DEFAULT PRIVILEGES IN SCHEMA public, ops REVOKE SELECT ON TABLES FROM backup_role;
REVOKE ALL ON ALL TABLES IN SCHEMA public, ops FROM :roles;
REVOKE ALL ON FUNCTION app.current_user_id(), app.timeframe_length(text) FROM :roles;
REVOKE ALL ON SCHEMA app, ops FROM :roles;
\ir ../lib/forget.sql
