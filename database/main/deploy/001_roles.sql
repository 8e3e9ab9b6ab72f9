-- Who there is. Roles are the server's, not the database's: another database may have made them.
-- Run by a login that may create roles and owns the database (on Cloud SQL: a member of cloudsqlsuperuser).
\set change 001_roles
\ir ../lib/begin.sql
\if :applied \q
\endif
SET LOCAL ROLE NONE;

DO $$
DECLARE
    wanted constant text[] := ARRAY[
        'alphintra_owner',     -- owns every object
        'application_role',    -- sees the rows of the user in app.current_user_id; the services below are members
        'auth_role',           -- sign-in, sessions, roles
        'trading_role',        -- orders, trades, positions, wallets
        'strategy_role',       -- strategies, backtests, training jobs
        'marketplace_role',    -- listings, purchases, reviews
        'notification_role',   -- notifications of every user
        'support_role',        -- tickets of every user
        'compliance_role',     -- KYC, AML, audit: every user, changes nothing but these
        'reporting_role',      -- every user, no personal data
        'monitoring_role',     -- state of the scheduled jobs
        'audit_export_role',   -- the archive of the audit log
        'backup_role'          -- reads everything
    ];
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY wanted LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
    END LOOP;
    FOREACH role_name IN ARRAY ARRAY['auth_role', 'trading_role', 'strategy_role', 'marketplace_role'] LOOP
        EXECUTE format('GRANT application_role TO %I', role_name);
    END LOOP;
    IF NOT pg_has_role('alphintra_owner', 'MEMBER') THEN
        EXECUTE format('GRANT alphintra_owner TO %I', current_user);
    END IF;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CREATE, TEMPORARY, CONNECT ON DATABASE %I TO alphintra_owner', current_database());
    EXECUTE format(
        'GRANT CONNECT ON DATABASE %I TO application_role, notification_role, support_role, compliance_role, reporting_role,'
        ' monitoring_role, audit_export_role, backup_role',
        current_database());
    EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), 'UTC');
END
$$;
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
