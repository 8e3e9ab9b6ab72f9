-- Section 4.4: partitions by month and quarter, made ahead and dropped behind. pg_cron calls maintain_partitions() daily.
--
-- There is no DEFAULT partition: rows that went there would keep the partition they belong to from being made.
\set change 014_partitions
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE TABLE ops.partition_policies (
    parent name PRIMARY KEY,
    period text NOT NULL CHECK (period IN ('month', 'quarter')),
    ahead integer NOT NULL CHECK (ahead BETWEEN 1 AND 24),
    keep interval,
    never_emptied boolean NOT NULL DEFAULT false
);
COMMENT ON COLUMN ops.partition_policies.ahead IS 'Periods made beyond the present one: how many runs may fail before an insert does.';
COMMENT ON COLUMN ops.partition_policies.keep IS 'A partition that ended longer ago is dropped; none: kept for good.';
COMMENT ON COLUMN ops.partition_policies.never_emptied IS 'Its partitions refuse TRUNCATE.';
INSERT INTO ops.partition_policies (parent, period, ahead, keep, never_emptied) VALUES
    ('trades', 'month', 3, NULL, false),
    ('notifications', 'month', 3, '90 days', false),
    ('audit_logs', 'quarter', 2, '2 years', true),
    ('audit_logs_archive', 'quarter', 1, '7 years', true);

CREATE FUNCTION ops.partition_name(parent name, period text, moment timestamptz) RETURNS name
    LANGUAGE sql STABLE SET timezone = 'UTC'
    RETURN parent || to_char(moment, CASE period WHEN 'month' THEN '"_y"YYYY"m"MM' ELSE '"_y"YYYY"q"Q' END);

CREATE FUNCTION ops.ensure_partition(relation name, moment timestamptz) RETURNS name
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public SET timezone = 'UTC' SET lock_timeout = '5s'
AS $$
DECLARE
    policy ops.partition_policies;
    lower timestamptz;
    upper timestamptz;
    partition name;
BEGIN
    SELECT * INTO STRICT policy FROM ops.partition_policies WHERE parent = relation;
    lower := date_trunc(policy.period, moment);
    upper := lower + CASE policy.period WHEN 'month' THEN interval '1 month' ELSE interval '3 months' END;
    partition := ops.partition_name(relation, policy.period, lower);
    IF to_regclass(quote_ident(partition)) IS NOT NULL THEN
        RETURN NULL;
    END IF;
    -- Made apart and attached: PARTITION OF would lock the parent against everybody, this lets reads and writes go on.
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition, relation);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', relation, partition, lower, upper);
    IF policy.never_emptied THEN
        EXECUTE format(
            'CREATE TRIGGER whole BEFORE TRUNCATE ON %I EXECUTE FUNCTION app.refuse(%L)', partition, 'never emptied');
    END IF;
    RETURN partition;
END
$$;

CREATE FUNCTION ops.partitions(relation name) RETURNS TABLE (partition name, upper timestamptz)
    LANGUAGE sql STABLE SET timezone = 'UTC'
AS $$
    SELECT c.relname, (regexp_match(pg_get_expr(c.relpartbound, c.oid), $re$TO \('([^']+)'\)$re$))[1]::timestamptz
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = format('public.%I', relation)::regclass
    ORDER BY 2;
$$;
COMMENT ON FUNCTION ops.partitions IS 'The partitions of a table, and where each ends.';

CREATE FUNCTION ops.drop_partitions_behind(relation name, moment timestamptz) RETURNS SETOF name
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public SET timezone = 'UTC' SET lock_timeout = '5s'
AS $$
DECLARE
    policy ops.partition_policies;
    past name;
    full_of_rows boolean;
BEGIN
    SELECT * INTO STRICT policy FROM ops.partition_policies WHERE parent = relation;
    FOR past IN SELECT p.partition FROM ops.partitions(relation) p WHERE p.upper <= moment - policy.keep LOOP
        IF relation = 'audit_logs' THEN
            EXECUTE format('SELECT EXISTS (SELECT FROM %I)', past) INTO full_of_rows;
            CONTINUE WHEN full_of_rows; -- not archived yet
        END IF;
        EXECUTE format('DROP TABLE %I', past);
        RETURN NEXT past;
    END LOOP;
END
$$;

CREATE FUNCTION maintain_partitions(moment timestamptz DEFAULT now()) RETURNS TABLE (made name)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public SET timezone = 'UTC'
AS $$
DECLARE
    policy ops.partition_policies;
BEGIN
    FOR policy IN SELECT * FROM ops.partition_policies ORDER BY parent LOOP
        FOR period IN 0..policy.ahead LOOP
            made := ops.ensure_partition(policy.parent, moment
                + period * CASE policy.period WHEN 'month' THEN interval '1 month' ELSE interval '3 months' END);
            IF made IS NOT NULL THEN
                RETURN NEXT;
            END IF;
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION maintain_partitions IS
    'Makes the partitions of this period and of those ahead; says which. What is behind goes in cleanup_old_data().';

SELECT maintain_partitions() \g /dev/null
\ir ../lib/record.sql
