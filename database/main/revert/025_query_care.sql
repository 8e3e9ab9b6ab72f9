\set change 025_query_care
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
DELETE FROM ops.jobs WHERE name = 'report-indexes';
DROP FUNCTION ops.report_indexes(double precision, interval), ops.unused_indexes(interval, bigint, timestamptz),
    ops.missing_indexes(bigint, double precision, double precision, integer), ops.cost_with(text, regclass[], text[]),
    ops.index_candidates(jsonb), ops.base_type(oid), ops.generic_plan(text);
SET LOCAL ROLE NONE;
DO $$
BEGIN
    IF to_regclass('cron.job') IS NOT NULL THEN
        PERFORM cron.unschedule(jobid) FROM cron.job WHERE jobname = 'report-indexes';
    END IF;
END
$$;
SET LOCAL ROLE alphintra_owner;
-- The extensions stay: they hold nothing, and elsewhere than on Cloud SQL a superuser made them.
\ir ../lib/forget.sql
