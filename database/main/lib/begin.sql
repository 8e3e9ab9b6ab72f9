-- How every change begins, both ways. Expects :change, leaves :applied and :login.
--
-- sqitch keeps its registry over a connection of its own, so a run that is killed between a change and its entry
-- would do the change twice. schema_migrations is written in the change's own transaction and decides. The lock is
-- for a psql that outlives the sqitch that started it: the next run waits for it and finds the change made.
-- A dry run (:dry_run) has begun one transaction for all changes, and rolls it back.
\set ON_ERROR_STOP on
\if :{?dry_run}
\else
BEGIN;
\endif
SET LOCAL client_min_messages = warning;
SELECT pg_advisory_xact_lock(20240101) \g /dev/null
SET LOCAL lock_timeout = '5s';
SET LOCAL statement_timeout = '10min';
SET LOCAL search_path = public;
SELECT session_user AS login, to_regclass('public.schema_migrations') IS NOT NULL AS begun,
       to_regrole('alphintra_owner') IS NOT NULL AS owned \gset
\if :begun
SELECT count(*) > 0 AS applied FROM public.schema_migrations WHERE name = :'change' \gset
\else
\set applied false
\endif
\if :owned
SELECT pg_has_role('alphintra_owner', 'MEMBER') AS owned \gset
\endif
\if :owned
SET LOCAL ROLE alphintra_owner;
\endif
