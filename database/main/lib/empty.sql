-- A revert of tables is for one that has just gone wrong: it refuses where :tables hold rows.
SELECT set_config('app.tables', :'tables', true) \g /dev/null
DO $$
DECLARE
    relation text;
    has_rows boolean;
BEGIN
    FOREACH relation IN ARRAY string_to_array(current_setting('app.tables'), ' ') LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', relation) INTO has_rows;
        IF has_rows THEN
            RAISE EXCEPTION 'table % holds rows; a revert would lose them. Write a change that goes forward instead.', relation;
        END IF;
    END LOOP;
END
$$;
