\set ON_ERROR_STOP on
DO $$
DECLARE
    found bigint;
BEGIN
    SELECT count(DISTINCT hypertable_name) INTO found FROM timescaledb_information.compression_settings;
    IF found <> 12 THEN
        RAISE EXCEPTION 'six tables and six views are compressed; % are', found;
    END IF;
END
$$;
