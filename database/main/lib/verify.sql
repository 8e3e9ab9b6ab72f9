-- Expects :objects, the tables, views and functions (with parentheses) that must be there, separated by blanks.
\set ON_ERROR_STOP on
BEGIN;
SELECT set_config('app.objects', :'objects', true) \g /dev/null
DO $$
DECLARE
    object text;
BEGIN
    FOREACH object IN ARRAY regexp_split_to_array(current_setting('app.objects'), '\s+') LOOP
        IF (CASE WHEN object LIKE '%(%' THEN to_regprocedure(object)::oid ELSE to_regclass(object)::oid END) IS NULL THEN
            RAISE EXCEPTION '% is missing', object;
        END IF;
    END LOOP;
END
$$;
ROLLBACK;
