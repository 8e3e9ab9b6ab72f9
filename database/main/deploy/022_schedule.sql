-- The jobs of pg_cron, and how they are doing. pg_cron lives in one database of a server, the one cron.database_name
-- names; in another (a copy, a test) nothing is scheduled, and ops.job_health() says so.
\set change 022_schedule
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE TABLE ops.jobs (
    name text PRIMARY KEY,
    schedule text NOT NULL,
    command text NOT NULL,
    every interval NOT NULL
);
INSERT INTO ops.jobs VALUES
    ('maintain-partitions', '30 1 * * *', 'SELECT maintain_partitions()', '1 day'),
    ('cleanup-old-data', '0 2 * * *', 'SELECT cleanup_old_data()', '1 day'),
    ('forget-job-runs', '0 3 * * 0', $$DELETE FROM cron.job_run_details WHERE end_time < now() - interval '90 days'$$, '7 days');
COMMENT ON COLUMN ops.jobs.every IS 'A job without success for two of these is overdue.';

-- pg_cron shows a job to the login that scheduled it, so these two are that login's and not the owner's.
GRANT USAGE ON SCHEMA ops TO monitoring_role;
GRANT CREATE, USAGE ON SCHEMA ops TO :"login";
GRANT SELECT ON ops.jobs TO :"login";
SET LOCAL ROLE NONE;
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_cron;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'nothing is scheduled in this database: %', sqlerrm;
END
$$;
SELECT to_regclass('cron.job') IS NOT NULL AS has_cron \gset

CREATE FUNCTION ops.schedule_jobs() RETURNS SETOF text
    LANGUAGE plpgsql SET search_path = public
AS $$
DECLARE
    job ops.jobs;
BEGIN
    FOR job IN SELECT * FROM ops.jobs LOOP
        PERFORM cron.schedule(job.name, job.schedule, job.command);
        RETURN NEXT job.name;
    END LOOP;
END
$$;
COMMENT ON FUNCTION ops.schedule_jobs IS 'Run by the migrations'' login. Repeating it brings schedules to what ops.jobs says.';

CREATE FUNCTION ops.job_health(moment timestamptz DEFAULT now())
    RETURNS TABLE (job text, state text, last_success timestamptz, last_failure timestamptz, message text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    IF to_regclass('cron.job') IS NULL THEN
        RETURN QUERY SELECT j.name, 'unscheduled', NULL::timestamptz, NULL::timestamptz, 'pg_cron is not in this database' FROM ops.jobs j;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT j.name,
           CASE WHEN c.jobid IS NULL OR NOT c.active THEN 'unscheduled'
                WHEN failure.at > coalesce(success.at, '-infinity') THEN 'failed'
                WHEN success.at < moment - 2 * j.every THEN 'overdue'
                WHEN success.at IS NULL THEN 'never run'
                ELSE 'ok' END,
           success.at, failure.at, failure.said
    FROM ops.jobs j
    LEFT JOIN cron.job c ON c.jobname = j.name
    LEFT JOIN LATERAL (
        SELECT d.end_time AS at FROM cron.job_run_details d
        WHERE d.jobid = c.jobid AND d.status = 'succeeded' ORDER BY d.runid DESC LIMIT 1) success ON true
    LEFT JOIN LATERAL (
        SELECT d.end_time AS at, d.return_message AS said FROM cron.job_run_details d
        WHERE d.jobid = c.jobid AND d.status = 'failed' ORDER BY d.runid DESC LIMIT 1) failure ON true;
END
$$;
COMMENT ON FUNCTION ops.job_health IS 'For the metrics exporter: whatever is not ok or never run is an alert. pg_cron itself only writes a row.';
REVOKE EXECUTE ON FUNCTION ops.schedule_jobs(), ops.job_health(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ops.job_health(timestamptz) TO monitoring_role;
\if :has_cron
SELECT ops.schedule_jobs() \g /dev/null
\endif
SET LOCAL ROLE alphintra_owner;
\ir ../lib/record.sql
