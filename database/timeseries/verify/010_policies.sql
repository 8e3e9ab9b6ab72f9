\set ON_ERROR_STOP on
DO $$
DECLARE
    found bigint;
BEGIN
    SELECT count(*) INTO found FROM timescaledb_information.jobs
    WHERE proc_name IN ('policy_retention', 'policy_compression', 'policy_refresh_continuous_aggregate') AND scheduled;
    IF found <> 30 THEN
        RAISE EXCEPTION 'six tables and six views have 30 policies between them; % are scheduled', found;
    END IF;
END
$$;
