\set ON_ERROR_STOP on
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM ops.workloads WHERE workload = 'failover-watcher' AND role = 'monitoring_role') THEN
        RAISE EXCEPTION 'failover-watcher has no role to be enrolled in';
    END IF;
END
$$;
