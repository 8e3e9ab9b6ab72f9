\set change 022_schedule
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
SET LOCAL ROLE NONE;
DO $$
BEGIN
    IF to_regclass('cron.job') IS NOT NULL THEN
        PERFORM cron.unschedule(jobid) FROM cron.job WHERE jobname IN (SELECT name FROM ops.jobs);
    END IF;
END
$$;
DROP FUNCTION ops.schedule_jobs(), ops.job_health(timestamptz);
SET LOCAL ROLE alphintra_owner;
DROP TABLE ops.jobs;
REVOKE USAGE ON SCHEMA ops FROM monitoring_role;
REVOKE CREATE, USAGE ON SCHEMA ops FROM :"login";
\ir ../lib/forget.sql
