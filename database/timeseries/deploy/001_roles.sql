-- Who there is. Roles are the server's, not the database's: another database may have made them.
-- Run by a login that may create roles and owns the database.
\set change 001_roles
\ir ../lib/begin.sql
\if :applied \q
\endif
SET LOCAL ROLE NONE;

DO $$
DECLARE
    wanted constant text[] := ARRAY[
        'alphintra_owner',     -- owns every object, and the policies work as it
        'application_role',    -- reads candles, and its user's own portfolio
        'ingest_role',         -- ticks and candles
        'trading_role',        -- portfolio snapshots
        'strategy_role',       -- strategy metrics
        'telemetry_role',      -- metrics and latencies; every service
        'reporting_role',      -- reads everything
        'monitoring_role',     -- state of the policies
        'backup_role'          -- reads everything
    ];
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY wanted LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
    END LOOP;
    GRANT application_role TO trading_role, strategy_role;
    GRANT telemetry_role TO ingest_role, trading_role, strategy_role;
    IF NOT pg_has_role('alphintra_owner', 'MEMBER') THEN
        EXECUTE format('GRANT alphintra_owner TO %I', current_user);
    END IF;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CREATE, TEMPORARY, CONNECT ON DATABASE %I TO alphintra_owner', current_database());
    EXECUTE format(
        'GRANT CONNECT ON DATABASE %I TO application_role, ingest_role, telemetry_role, reporting_role, monitoring_role, backup_role',
        current_database());
    EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), 'UTC');
END
$$;
-- TimescaleDB starts a policy's worker as the table's owner, and refuses one that may not log in. It has no password.
ALTER ROLE alphintra_owner LOGIN PASSWORD NULL;
GRANT CREATE, USAGE ON SCHEMA public TO alphintra_owner;

SET LOCAL ROLE alphintra_owner;
-- Nothing is anybody's by default; what a role may do is granted to it by name.
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

CREATE TABLE public.schema_migrations (
    version text PRIMARY KEY,
    name text NOT NULL UNIQUE,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE public.schema_migrations IS 'The changes made to this database, each written in the transaction of its change.';
\ir ../lib/record.sql
