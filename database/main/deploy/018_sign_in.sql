-- What works before it is known who asks, and what shows one user's work to another.
\set change 018_sign_in
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE FUNCTION app.act_as(
    user_id uuid, correlation_id text DEFAULT NULL, ip_address inet DEFAULT NULL, user_agent text DEFAULT NULL, session_id text DEFAULT NULL
) RETURNS void
    LANGUAGE sql
AS $$
    SELECT set_config('app.current_user_id', coalesce(user_id::text, ''), true),
           set_config('app.correlation_id', coalesce(correlation_id, ''), true),
           set_config('app.ip_address', coalesce(host(ip_address), ''), true),
           set_config('app.user_agent', coalesce(user_agent, ''), true),
           set_config('app.session_id', coalesce(session_id, ''), true);
$$;
COMMENT ON FUNCTION app.act_as IS
    'Says, first thing in a transaction, for whom it works and which request it belongs to. All of it ends with the transaction,'
    ' so nothing of it reaches the next client of a pooled connection.';

CREATE FUNCTION find_login(address text)
    RETURNS TABLE (user_id uuid, password_hash text, two_fa_enabled boolean, login_attempts integer, locked_until timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT id, password_hash, two_fa_enabled, login_attempts, locked_until FROM users
    WHERE lower(email) = lower(address) AND closed_at IS NULL;
$$;
CREATE FUNCTION find_login_by_phone(number_index bytea)
    RETURNS TABLE (user_id uuid, password_hash text, two_fa_enabled boolean, login_attempts integer, locked_until timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT id, password_hash, two_fa_enabled, login_attempts, locked_until FROM users
    WHERE phone_number_index = number_index AND phone_verified AND closed_at IS NULL;
$$;
COMMENT ON FUNCTION find_login_by_phone IS 'Takes the blind index of the number, which database.crypto makes.';

-- These views see all rows on purpose, because their owner does, and show of them what is meant for everybody.
CREATE VIEW public_strategies WITH (security_barrier) AS
    SELECT id, user_id, name, description, type, category, version, is_template, created_at
    FROM strategies WHERE (is_public OR is_template) AND status <> 'ARCHIVED';
CREATE VIEW developer_directory WITH (security_barrier) AS
    SELECT user_id, display_name, bio, website_url, github_url, linkedin_url, total_strategies, total_downloads, average_rating, verified
    FROM developer_profiles;

GRANT EXECUTE ON FUNCTION app.act_as(uuid, text, inet, text, text)
    TO application_role, notification_role, support_role, compliance_role;
GRANT EXECUTE ON FUNCTION find_login(text), find_login_by_phone(bytea) TO auth_role;
GRANT SELECT ON public_strategies TO strategy_role, marketplace_role;
GRANT SELECT ON developer_directory TO application_role;

-- Which role a workload of the stack has. Its login is the stack's to make and this function's to enrol:
--   SELECT ops.enrol('trading-service', 'trading-service@alphintra-prod.iam');
CREATE TABLE ops.workloads (workload name PRIMARY KEY, role name NOT NULL);
INSERT INTO ops.workloads VALUES
    ('auth-service', 'auth_role'), ('trading-service', 'trading_role'), ('strategy-service', 'strategy_role'),
    ('marketplace-service', 'marketplace_role'), ('compliance-service', 'compliance_role'),
    ('notification-service', 'notification_role'), ('support-service', 'support_role'), ('database-backup', 'backup_role'),
    ('audit-export', 'audit_export_role'), ('cache-warmer', 'reporting_role'), ('metrics-exporter', 'monitoring_role'),
    ('data-readers', 'reporting_role');

CREATE FUNCTION ops.enrol(wanted name, login name) RETURNS void
    LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
    granted name;
BEGIN
    SELECT role INTO granted FROM ops.workloads WHERE workload = wanted;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no workload %; there are %', wanted, (SELECT string_agg(workload, ', ' ORDER BY workload) FROM ops.workloads);
    END IF;
    EXECUTE format('GRANT %I TO %I', granted, login);
END
$$;
COMMENT ON FUNCTION ops.enrol IS 'Run by the migrations'' login, which may grant roles. Repeating it changes nothing.';
\ir ../lib/record.sql
