-- A stand-in for TimescaleDB where it is not installed: what the time-series migrations call, with TimescaleDB's names and
-- arguments, as far as plain PostgreSQL can. It keeps what it was asked for and shows it in views that are named as
-- TimescaleDB's are, and refuses what TimescaleDB refuses. Nothing is cut into chunks, compressed or dropped.
-- tests/database/timescale.py turns what PostgreSQL cannot parse into calls of the functions of schema stand_in.
CREATE SCHEMA stand_in;
CREATE SCHEMA timescaledb_information;
GRANT USAGE ON SCHEMA stand_in, timescaledb_information TO PUBLIC;

CREATE TABLE stand_in.hypertables (name regclass PRIMARY KEY, time_column name NOT NULL, chunk interval NOT NULL);
CREATE TABLE stand_in.aggregates (name regclass PRIMARY KEY, source regclass NOT NULL, bucket interval NOT NULL);
CREATE TABLE stand_in.compressed (name regclass PRIMARY KEY, segmentby text[] NOT NULL, orderby text[] NOT NULL);
CREATE TABLE stand_in.jobs (
    job_id serial PRIMARY KEY, proc_name text NOT NULL, name regclass NOT NULL, schedule_interval interval NOT NULL, config jsonb NOT NULL,
    UNIQUE (proc_name, name)
);
GRANT ALL ON ALL TABLES IN SCHEMA stand_in TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA stand_in TO PUBLIC;

CREATE FUNCTION stand_in.refuse(reason text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', reason; END $$;

CREATE FUNCTION stand_in.known(relation regclass) RETURNS void LANGUAGE sql AS $$
    SELECT stand_in.refuse(format('"%s" is not a hypertable or a continuous aggregate', relation))
    WHERE NOT EXISTS (SELECT FROM stand_in.hypertables WHERE name = relation)
      AND NOT EXISTS (SELECT FROM stand_in.aggregates WHERE name = relation);
$$;

CREATE FUNCTION create_hypertable(
    relation regclass, time_column_name name, chunk_time_interval interval, create_default_indexes boolean
) RETURNS void LANGUAGE sql AS $$
    SELECT stand_in.refuse(format('column "%s" does not exist', time_column_name)) WHERE NOT EXISTS (
        SELECT FROM pg_attribute WHERE attrelid = relation AND attname = time_column_name AND atttypid = 'timestamptz'::regtype AND attnotnull);
    SELECT stand_in.refuse(format('cannot create a unique index without the column "%s"', time_column_name)) FROM pg_index
    WHERE indrelid = relation AND indisunique AND NOT (
        SELECT attnum FROM pg_attribute WHERE attrelid = relation AND attname = time_column_name) = ANY (indkey);
    INSERT INTO stand_in.hypertables VALUES (relation, time_column_name, chunk_time_interval);
$$;

CREATE FUNCTION time_bucket(width interval, ts timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN date_bin(width, ts, timestamptz '2000-01-03 00:00:00+00');

CREATE TYPE stand_in.picked AS (value numeric, at timestamptz);
CREATE FUNCTION stand_in.earlier(kept stand_in.picked, value numeric, at timestamptz) RETURNS stand_in.picked LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN kept IS NULL OR at < (kept).at THEN ROW(value, at)::stand_in.picked ELSE kept END;
CREATE FUNCTION stand_in.later(kept stand_in.picked, value numeric, at timestamptz) RETURNS stand_in.picked LANGUAGE sql IMMUTABLE
    RETURN CASE WHEN kept IS NULL OR at > (kept).at THEN ROW(value, at)::stand_in.picked ELSE kept END;
CREATE FUNCTION stand_in.value(kept stand_in.picked) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN (kept).value;
CREATE AGGREGATE first(numeric, timestamptz) (SFUNC = stand_in.earlier, STYPE = stand_in.picked, FINALFUNC = stand_in.value);
CREATE AGGREGATE last(numeric, timestamptz) (SFUNC = stand_in.later, STYPE = stand_in.picked, FINALFUNC = stand_in.value);

-- CREATE MATERIALIZED VIEW … WITH (timescaledb.continuous …): the view itself is made before, and is plain.
CREATE FUNCTION stand_in.continuous(relation regclass, source regclass, width interval) RETURNS void LANGUAGE sql AS $$
    SELECT stand_in.known($2);
    SELECT stand_in.refuse(format('the bucket of "%s" is not a multiple of that of "%s"', relation, $2)) FROM stand_in.aggregates a
    WHERE a.name = $2 AND (width <= a.bucket OR mod(extract(epoch FROM width), extract(epoch FROM a.bucket)) <> 0);
    INSERT INTO stand_in.aggregates VALUES (relation, $2, width);
$$;

-- ALTER … SET (timescaledb.compress …).
CREATE FUNCTION stand_in.compress(relation regclass, segmentby text[], orderby text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ordered text[] := ARRAY(SELECT split_part(part, ' ', 1) FROM unnest(orderby) part);
    missing text;
BEGIN
    PERFORM stand_in.known(relation);
    SELECT part INTO missing FROM unnest(segmentby || ordered) part
    WHERE NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = relation AND attname = part AND attnum > 0);
    IF FOUND THEN
        RAISE EXCEPTION 'column "%" does not exist', missing;
    END IF;
    IF segmentby && ordered THEN
        RAISE EXCEPTION 'cannot use a column for both ordering and segmenting';
    END IF;
    SELECT attname INTO missing FROM pg_index JOIN pg_attribute a ON attrelid = indrelid AND attnum = ANY (indkey)
    WHERE indrelid = relation AND indisunique AND NOT attname = ANY (segmentby || ordered);
    IF FOUND THEN
        RAISE EXCEPTION 'column "%" should be used for segmenting or ordering', missing;
    END IF;
    IF (SELECT relrowsecurity FROM pg_class WHERE oid = relation) THEN
        RAISE EXCEPTION 'columnstore cannot be used on table with row security';
    END IF;
    INSERT INTO stand_in.compressed VALUES (relation, segmentby, orderby);
END
$$;

CREATE FUNCTION add_compression_policy(relation regclass, compress_after interval) RETURNS integer LANGUAGE sql AS $$
    SELECT stand_in.known(relation);
    SELECT stand_in.refuse(format('columnstore not enabled on hypertable "%s"', relation))
    WHERE NOT EXISTS (SELECT FROM stand_in.compressed WHERE name = relation);
    INSERT INTO stand_in.jobs (proc_name, name, schedule_interval, config)
    VALUES ('policy_compression', relation, '12 hours', jsonb_build_object('compress_after', compress_after)) RETURNING job_id;
$$;

CREATE FUNCTION add_retention_policy(relation regclass, drop_after interval) RETURNS integer LANGUAGE sql AS $$
    SELECT stand_in.known(relation);
    INSERT INTO stand_in.jobs (proc_name, name, schedule_interval, config)
    VALUES ('policy_retention', relation, '1 day', jsonb_build_object('drop_after', drop_after)) RETURNING job_id;
$$;

CREATE FUNCTION add_continuous_aggregate_policy(
    continuous_aggregate regclass, start_offset interval, end_offset interval, schedule_interval interval
) RETURNS integer LANGUAGE sql AS $$
    SELECT stand_in.refuse(format('"%s" is not a continuous aggregate', continuous_aggregate))
    WHERE NOT EXISTS (SELECT FROM stand_in.aggregates WHERE name = continuous_aggregate);
    SELECT stand_in.refuse('policy refresh window too small: it must cover at least two buckets') FROM stand_in.aggregates
    WHERE name = continuous_aggregate AND start_offset - end_offset < 2 * bucket;
    INSERT INTO stand_in.jobs (proc_name, name, schedule_interval, config)
    VALUES ('policy_refresh_continuous_aggregate', continuous_aggregate, schedule_interval,
            jsonb_build_object('start_offset', start_offset, 'end_offset', end_offset)) RETURNING job_id;
$$;

CREATE VIEW timescaledb_information.dimensions AS
    SELECT name::text AS hypertable_name, time_column AS column_name, chunk AS time_interval FROM stand_in.hypertables;
CREATE VIEW timescaledb_information.hypertables AS
    SELECT 'public'::name AS hypertable_schema, name::text::name AS hypertable_name FROM stand_in.hypertables;
CREATE VIEW timescaledb_information.chunks AS
    SELECT 'public'::name AS hypertable_schema, h.name::text::name AS hypertable_name, format('%s_%s', h.name, part)::name AS chunk_name,
           part = 1 AS is_compressed
    FROM stand_in.hypertables h, generate_series(1, 2) part;
CREATE FUNCTION hypertable_size(hypertable regclass) RETURNS bigint LANGUAGE sql AS $$
    SELECT stand_in.known(hypertable);
    SELECT pg_total_relation_size(hypertable);
$$;
CREATE VIEW timescaledb_information.continuous_aggregates AS
    SELECT name::text AS view_name, 'public' AS materialization_hypertable_schema, name::text AS materialization_hypertable_name,
           source::text AS hypertable_name
    FROM stand_in.aggregates;
CREATE VIEW timescaledb_information.jobs AS
    SELECT job_id, format('%s [%s]', proc_name, job_id) AS application_name, proc_name, schedule_interval, true AS scheduled, config, 'public' AS hypertable_schema,
           name::text AS hypertable_name
    FROM stand_in.jobs;
CREATE VIEW timescaledb_information.job_stats AS
    SELECT job_id, NULL::text AS last_run_status, NULL::timestamptz AS last_successful_finish, 0::bigint AS total_failures FROM stand_in.jobs;
CREATE VIEW timescaledb_information.compression_settings AS
    SELECT name::text AS hypertable_name, part AS attname, place AS segmentby_column_index, NULL::bigint AS orderby_column_index
    FROM stand_in.compressed, unnest(segmentby) WITH ORDINALITY AS u (part, place)
    UNION ALL
    SELECT name::text, split_part(part, ' ', 1), NULL, place
    FROM stand_in.compressed, unnest(orderby) WITH ORDINALITY AS u (part, place);
GRANT SELECT ON ALL TABLES IN SCHEMA timescaledb_information TO PUBLIC;
