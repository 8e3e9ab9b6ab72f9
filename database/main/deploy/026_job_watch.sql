-- pg_cron writes a row where a job fails, and nobody reads rows: the log tells, and alerts follow from it.
\set change 026_job_watch
\ir ../lib/begin.sql
\if :applied \q
\endif

-- ops.job_health() is the login's, and so is what asks it.
SET LOCAL ROLE NONE;
CREATE FUNCTION ops.tell_jobs(moment timestamptz DEFAULT now()) RETURNS text
    LANGUAGE plpgsql SET search_path = public, pg_temp
AS $$
DECLARE
    told record;
    looked_at integer := 0;
    ill integer := 0;
BEGIN
    FOR told IN SELECT h.job, h.state FROM ops.job_health(moment) h ORDER BY h.job LOOP
        looked_at := looked_at + 1;
        IF told.state NOT IN ('ok', 'never run') THEN
            ill := ill + 1;
            RAISE LOG 'job watch: % is %', told.job, told.state;
        END IF;
    END LOOP;
    RAISE LOG 'job watch: % looked at, % ill', looked_at, ill;
    RETURN format('%s looked at, %s ill', looked_at, ill);
END
$$;
COMMENT ON FUNCTION ops.tell_jobs IS
    'A line of the log for each job that is not well, and one that says that somebody looked; what a job answered is in cron.job_run_details.';
REVOKE EXECUTE ON FUNCTION ops.tell_jobs(timestamptz) FROM PUBLIC;
SET LOCAL ROLE alphintra_owner;
INSERT INTO ops.jobs VALUES ('tell-jobs', '20 * * * *', 'SELECT ops.tell_jobs()', '1 hour');
SET LOCAL ROLE NONE;
SELECT to_regclass('cron.job') IS NOT NULL AS has_cron \gset
\if :has_cron
SELECT ops.schedule_jobs() \g /dev/null
\endif
SET LOCAL ROLE alphintra_owner;
\ir ../lib/record.sql
