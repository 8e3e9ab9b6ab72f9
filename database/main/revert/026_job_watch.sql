\set change 026_job_watch
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
DELETE FROM ops.jobs WHERE name = 'tell-jobs';
SET LOCAL ROLE NONE;
DROP FUNCTION ops.tell_jobs(timestamptz);
DO $$
BEGIN
    IF to_regclass('cron.job') IS NOT NULL THEN
        PERFORM cron.unschedule(jobid) FROM cron.job WHERE jobname = 'tell-jobs';
    END IF;
END
$$;
SET LOCAL ROLE alphintra_owner;
\ir ../lib/forget.sql
