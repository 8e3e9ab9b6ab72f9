-- How large the hypertables and the continuous aggregates are, and how much of them is compressed.
\set change 011_sizes
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE FUNCTION ops.hypertables() RETURNS TABLE (hypertable text, chunks bigint, compressed bigint, bytes bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    WITH kept (place, name, shown) AS (
        SELECT hypertable_schema, hypertable_name, hypertable_name FROM timescaledb_information.hypertables
        UNION ALL -- what a continuous aggregate keeps is not listed there
        SELECT materialization_hypertable_schema, materialization_hypertable_name, view_name
        FROM timescaledb_information.continuous_aggregates
    )
    SELECT k.shown::text, count(c.chunk_name), count(*) FILTER (WHERE c.is_compressed),
           hypertable_size(format('%I.%I', k.place, k.name)::regclass)
    FROM kept k
    LEFT JOIN timescaledb_information.chunks c ON (c.hypertable_schema, c.hypertable_name) = (k.place, k.name)
    GROUP BY k.place, k.name, k.shown;
$$;
COMMENT ON FUNCTION ops.hypertables IS
    'For the metrics exporter. Chunks that stay although they are old, or uncompressed, are a policy that does not do its work.';
GRANT EXECUTE ON FUNCTION ops.hypertables() TO monitoring_role;
\ir ../lib/record.sql
