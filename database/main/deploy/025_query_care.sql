-- Section 12.1: which indexes are missing, and which nobody uses. Asked once a week of what ran, told in the log, written nowhere.
\set change 025_query_care
\ir ../lib/begin.sql
\if :applied \q
\endif

SET LOCAL ROLE NONE;
CREATE SCHEMA IF NOT EXISTS extensions;
GRANT USAGE ON SCHEMA extensions TO alphintra_owner;
-- Cloud SQL lets its administrator do this; elsewhere it takes a superuser.
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['pg_stat_statements', 'hypopg'] LOOP
        BEGIN
            EXECUTE format('CREATE EXTENSION IF NOT EXISTS %I SCHEMA extensions', wanted);
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING 'missing indexes are not looked for in this database: %', sqlerrm;
        END;
    END LOOP;
    -- Who is not a member sees the text of no statement but his own.
    GRANT pg_read_all_stats TO alphintra_owner;
END
$$;
SET LOCAL ROLE alphintra_owner;

CREATE FUNCTION ops.generic_plan(statement text) RETURNS jsonb
    LANGUAGE plpgsql SET search_path = public, pg_temp SET plan_cache_mode = force_generic_plan SET lock_timeout = '2s'
AS $$
DECLARE
    arguments text;
    plan jsonb;
BEGIN
    -- Prepared anew each time: a plan that is kept knows nothing of an index that was made up since.
    IF EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'ops_generic_plan') THEN
        DEALLOCATE ops_generic_plan;
    END IF;
    EXECUTE 'PREPARE ops_generic_plan AS ' || statement;
    SELECT '(' || string_agg('NULL', ', ') || ')' INTO arguments
    FROM pg_prepared_statements p CROSS JOIN LATERAL unnest(p.parameter_types)
    WHERE p.name = 'ops_generic_plan';
    EXECUTE 'EXPLAIN (FORMAT json, VERBOSE) EXECUTE ops_generic_plan' || coalesce(arguments, '') INTO plan;
    RETURN plan -> 0 -> 'Plan';
EXCEPTION WHEN OTHERS THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION ops.generic_plan IS
    'The plan of a statement for whatever arguments; none where it has none: the type of an argument cannot be told, or a lock not be had.';

CREATE FUNCTION ops.base_type(given oid) RETURNS oid
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE typtype WHEN 'd' THEN typbasetype ELSE oid END FROM pg_type WHERE oid = given $$;

CREATE FUNCTION ops.index_candidates(plan jsonb) RETURNS TABLE (relation regclass, scanned regclass[], names text[])
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH nodes AS (
        SELECT jsonb_path_query(plan, 'strict $.** ? (@.type() == "object" && exists(@."Node Type"))') AS node
    ), words AS (
        SELECT DISTINCT w.word[1] AS word
        FROM nodes
        CROSS JOIN LATERAL jsonb_each_text(node) AS told
        CROSS JOIN LATERAL regexp_matches(told.value, '[[:alnum:]_]+', 'g') AS w (word)
        WHERE told.key ~ '(Filter|Cond|Key)$'
    ), read AS (
        SELECT DISTINCT to_regclass(format('%I.%I', node ->> 'Schema', node ->> 'Relation Name')) AS leaf
        FROM nodes
        WHERE node ->> 'Node Type' = 'Seq Scan' OR node ? 'Filter'
    ), roots AS (
        SELECT coalesce(pg_partition_root(leaf), leaf) AS root, array_agg(leaf ORDER BY leaf) AS leaves
        FROM read WHERE leaf IS NOT NULL GROUP BY 1
    )
    SELECT r.root, r.leaves, (array_agg(a.attname::text ORDER BY a.attnum))[:8]
    FROM roots r
    JOIN pg_attribute a ON a.attrelid = r.root AND a.attnum > 0 AND NOT a.attisdropped
    JOIN words w ON w.word = a.attname
    JOIN pg_type t ON t.oid = ops.base_type(a.atttypid)
    -- A B-tree of a document, of an array or of yes and no helps nobody.
    WHERE t.typcategory IN ('D', 'E', 'I', 'N', 'S') OR t.typname = 'uuid'
    GROUP BY r.root, r.leaves
$$;
COMMENT ON FUNCTION ops.index_candidates IS
    'Tables of which a plan reads rows in vain, and their columns by which it compares, joins or sorts.';

CREATE FUNCTION ops.cost_with(statement text, relations regclass[], names text[]) RETURNS double precision
    LANGUAGE plpgsql SET search_path = public, extensions, pg_temp
AS $$
DECLARE
    relation regclass;
    columns text;
BEGIN
    SELECT string_agg(quote_ident(n), ', ' ORDER BY place) INTO columns FROM unnest(names) WITH ORDINALITY AS u (n, place);
    PERFORM hypopg_reset();
    FOREACH relation IN ARRAY relations LOOP
        PERFORM hypopg_create_index(format('CREATE INDEX ON %s (%s)', relation, columns));
    END LOOP;
    RETURN (ops.generic_plan(statement) ->> 'Total Cost')::double precision;
END
$$;

CREATE FUNCTION ops.missing_indexes(
    least_calls bigint DEFAULT 10, least_ms double precision DEFAULT 1000, least_saving double precision DEFAULT 0.5,
    most_statements integer DEFAULT 200
) RETURNS TABLE (relation regclass, names text[], statements bigint, calls bigint, saved_ms numeric)
    LANGUAGE plpgsql SET search_path = public, extensions, pg_temp
AS $$
DECLARE
    ran record;
    candidate record;
    tried record;
    plan jsonb;
    best record;
    found jsonb := '[]';
BEGIN
    FOR ran IN
        SELECT s.query, s.calls, s.total_exec_time, s.queryid
        FROM pg_stat_statements s
        JOIN pg_database d ON d.oid = s.dbid AND d.datname = current_database()
        WHERE s.calls >= least_calls AND s.total_exec_time * least_saving >= least_ms
          AND s.query ~* '^\s*(/\*.*?\*/\s*)*(SELECT|WITH|UPDATE|DELETE|INSERT)\M'
        ORDER BY s.total_exec_time DESC LIMIT most_statements
    LOOP
        PERFORM hypopg_reset();
        plan := ops.generic_plan(ran.query);
        FOR candidate IN SELECT * FROM ops.index_candidates(plan) LOOP
            best := NULL;
            FOR tried IN
                SELECT ARRAY[n] AS names, ops.cost_with(ran.query, candidate.scanned, ARRAY[n]) AS cost
                FROM unnest(candidate.names) AS n ORDER BY cost LIMIT 1
            LOOP
                best := tried;
            END LOOP;
            -- A second column has to earn its place.
            FOR tried IN
                SELECT pair.names, ops.cost_with(ran.query, candidate.scanned, pair.names) AS cost
                FROM unnest(candidate.names) AS n
                CROSS JOIN LATERAL (VALUES (1, best.names || n), (2, n || best.names)) AS pair (place, names)
                WHERE n <> best.names[1] ORDER BY cost, pair.place LIMIT 1
            LOOP
                IF tried.cost < 0.8 * best.cost THEN
                    best := tried;
                END IF;
            END LOOP;
            IF best.cost <= (1 - least_saving) * (plan ->> 'Total Cost')::double precision THEN
                found := found || jsonb_build_object(
                    'relation', candidate.relation::oid, 'names', best.names, 'calls', ran.calls,
                    'saved', ran.total_exec_time * (1 - best.cost / (plan ->> 'Total Cost')::double precision));
            END IF;
        END LOOP;
    END LOOP;
    PERFORM hypopg_reset();
    RETURN QUERY
    WITH proposed AS (
        SELECT f.relation, f.calls, f.saved, ARRAY(SELECT jsonb_array_elements_text(f.names)) AS columns
        FROM jsonb_to_recordset(found) AS f (relation oid, names jsonb, calls bigint, saved numeric)
    )
    -- An index that another one begins with is that other one.
    SELECT p.relation::regclass, longest.columns, count(*), sum(p.calls)::bigint, round(sum(p.saved))
    FROM proposed p
    CROSS JOIN LATERAL (
        SELECT o.columns FROM proposed o
        WHERE o.relation = p.relation AND o.columns[:cardinality(p.columns)] = p.columns
        ORDER BY cardinality(o.columns) DESC, o.columns LIMIT 1
    ) AS longest
    GROUP BY 1, 2 HAVING sum(p.saved) >= least_ms ORDER BY 5 DESC;
END
$$;
COMMENT ON FUNCTION ops.missing_indexes IS
    'Indexes that would take at least that part of the cost off statements that ran: hypothetical ones, asked of the planner as the owner.';

CREATE FUNCTION ops.unused_indexes(
    least_age interval DEFAULT '14 days', least_bytes bigint DEFAULT 1048576, moment timestamptz DEFAULT now()
) RETURNS TABLE (relation regclass, unused regclass, bytes bigint)
    LANGUAGE sql STABLE SET search_path = public, pg_temp
AS $$
    SELECT x.indrelid::regclass, x.indexrelid::regclass, sum(pg_relation_size(s.indexrelid))::bigint
    FROM pg_stat_user_indexes s
    JOIN pg_index x ON x.indexrelid = coalesce(pg_partition_root(s.indexrelid), s.indexrelid)
    WHERE NOT x.indisunique AND NOT x.indisexclusion AND NOT x.indisreplident
      -- What a deletion looks for by a foreign key is rare and must be quick.
      AND NOT EXISTS (
          SELECT FROM pg_constraint c
          WHERE c.conrelid = x.indrelid AND c.contype = 'f' AND x.indkey[0] = ANY(c.conkey)
      )
      -- Nothing is called unused that had no time to be used.
      AND moment - least_age > greatest(
          (SELECT d.stats_reset FROM pg_stat_database d WHERE d.datname = current_database()),
          (SELECT max(m.applied_at) FROM schema_migrations m)
      )
    GROUP BY x.indrelid, x.indexrelid HAVING sum(s.idx_scan) = 0 AND sum(pg_relation_size(s.indexrelid)) >= least_bytes
    ORDER BY 3 DESC, 2
$$;
COMMENT ON FUNCTION ops.unused_indexes IS 'Indexes that no statement read on this server; a replica counts for itself.';

CREATE FUNCTION ops.report_indexes(least_ms double precision DEFAULT 1000, least_age interval DEFAULT '14 days') RETURNS text
    LANGUAGE plpgsql SET search_path = public, extensions, pg_temp SET transaction_read_only = on
AS $$
DECLARE
    advice record;
    missing integer;
    unused integer := 0;
BEGIN
    -- Wherever they are: one that was there before stays in its schema.
    IF to_regprocedure('hypopg_reset()') IS NOT NULL AND to_regclass('pg_stat_statements') IS NOT NULL THEN
        missing := 0;
        FOR advice IN SELECT * FROM ops.missing_indexes(least_ms => report_indexes.least_ms) LOOP
            missing := missing + 1;
            RAISE LOG 'index advice: %', jsonb_build_object('kind', 'missing') || to_jsonb(advice);
        END LOOP;
    END IF;
    FOR advice IN SELECT * FROM ops.unused_indexes(report_indexes.least_age) LOOP
        unused := unused + 1;
        RAISE LOG 'index advice: %', jsonb_build_object('kind', 'unused') || to_jsonb(advice);
    END LOOP;
    RETURN format('%s missing, %s unused', coalesce(missing::text, 'hypopg or pg_stat_statements is not here: unknown whether any is'), unused);
END
$$;
COMMENT ON FUNCTION ops.report_indexes IS 'A line of the log for each: names and numbers, and nothing that a user wrote.';
REVOKE EXECUTE ON FUNCTION
    ops.generic_plan(text), ops.base_type(oid), ops.index_candidates(jsonb), ops.cost_with(text, regclass[], text[]),
    ops.missing_indexes(bigint, double precision, double precision, integer),
    ops.unused_indexes(interval, bigint, timestamptz), ops.report_indexes(double precision, interval)
FROM PUBLIC;

INSERT INTO ops.jobs VALUES ('report-indexes', '0 5 * * 0', 'SELECT ops.report_indexes()', '7 days');
SET LOCAL ROLE NONE;
SELECT to_regclass('cron.job') IS NOT NULL AS has_cron \gset
\if :has_cron
SELECT ops.schedule_jobs() \g /dev/null
\endif
SET LOCAL ROLE alphintra_owner;
\ir ../lib/record.sql
