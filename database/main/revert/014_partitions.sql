\set change 014_partitions
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set tables 'trades notifications audit_logs audit_logs_archive'
\ir ../lib/empty.sql
DO $$
DECLARE
    past name;
BEGIN
    FOR past IN SELECT p.partition FROM ops.partition_policies, ops.partitions(parent) p LOOP
        EXECUTE format('DROP TABLE %I', past);
    END LOOP;
END
$$;
DROP FUNCTION maintain_partitions(timestamptz),
    ops.drop_partitions_behind(name, timestamptz),
    ops.partitions(name),
    ops.ensure_partition(name, timestamptz),
    ops.partition_name(name, text, timestamptz);
DROP TABLE ops.partition_policies;
\ir ../lib/forget.sql
