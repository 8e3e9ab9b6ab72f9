\set ON_ERROR_STOP on
DO $$
DECLARE
    found bigint;
BEGIN
    SELECT count(*) INTO found FROM timescaledb_information.jobs WHERE proc_name = 'policy_retention' AND scheduled;
    IF found <> 12 THEN
        RAISE EXCEPTION 'six tables and six views have policy_retention; % are scheduled', found;
    END IF;
END
$$;
