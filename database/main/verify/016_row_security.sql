\set ON_ERROR_STOP on
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
          AND attname IN ('user_id', 'developer_id') AND NOT (relrowsecurity AND relforcerowsecurity)
    ) THEN
        RAISE EXCEPTION 'a table with rows of users is without forced row-level security';
    END IF;
END
$$;
