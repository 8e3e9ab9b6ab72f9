\set ON_ERROR_STOP on
DO $$
BEGIN
    IF (SELECT count(*) FROM ops.workloads WHERE workload IN ('bigquery', 'data-developers') AND role = 'reporting_role') <> 2 THEN
        RAISE EXCEPTION 'bigquery and data-developers have no role to be enrolled in';
    END IF;
END
$$;
