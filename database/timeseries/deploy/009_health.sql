-- How the policies are doing, and which role a workload of the stack has.
\set change 009_health
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE FUNCTION ops.job_health(moment timestamptz DEFAULT now())
    RETURNS TABLE (job text, state text, last_success timestamptz, failures bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT format('%s %s', j.proc_name, coalesce(a.view_name, j.hypertable_name)),
           CASE WHEN NOT j.scheduled THEN 'unscheduled'
                WHEN s.last_run_status = 'Failed' THEN 'failed'
                WHEN s.last_successful_finish IS NULL OR NOT isfinite(s.last_successful_finish) THEN 'never run'
                WHEN s.last_successful_finish < moment - 3 * j.schedule_interval - interval '15 minutes' THEN 'overdue'
                ELSE 'ok' END,
           s.last_successful_finish, coalesce(s.total_failures, 0)
    FROM timescaledb_information.jobs j
    LEFT JOIN timescaledb_information.job_stats s USING (job_id)
    LEFT JOIN timescaledb_information.continuous_aggregates a
        ON (a.materialization_hypertable_schema, a.materialization_hypertable_name) = (j.hypertable_schema, j.hypertable_name)
    WHERE j.proc_name LIKE 'policy\_%' AND j.hypertable_name IS NOT NULL;
$$;
COMMENT ON FUNCTION ops.job_health IS
    'For the metrics exporter: whatever is not ok or never run is an alert. A policy that does not run fills the disk.';

-- Which role a workload of the stack has. Its login is the stack's to make and this function's to enrol:
--   SELECT ops.enrol('market-data-ingest', 'market-data-ingest');
CREATE TABLE ops.workloads (workload name PRIMARY KEY, role name NOT NULL);
INSERT INTO ops.workloads VALUES
    ('market-data-ingest', 'ingest_role'), ('trading-service', 'trading_role'), ('strategy-service', 'strategy_role'),
    ('auth-service', 'telemetry_role'), ('marketplace-service', 'telemetry_role'), ('compliance-service', 'telemetry_role'),
    ('notification-service', 'telemetry_role'), ('support-service', 'telemetry_role'), ('cache-warmer', 'reporting_role'),
    ('database-backup', 'backup_role'), ('metrics-exporter', 'monitoring_role'), ('data-readers', 'reporting_role');

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
GRANT USAGE ON SCHEMA ops TO monitoring_role, :"login";
GRANT SELECT ON ops.workloads TO :"login";
GRANT EXECUTE ON FUNCTION ops.job_health(timestamptz) TO monitoring_role;
GRANT EXECUTE ON FUNCTION ops.enrol(name, name) TO :"login";
\ir ../lib/record.sql
