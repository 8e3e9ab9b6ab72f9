-- Section 13.1. Partitions past their time are dropped, what is left of a period is deleted to the day; pg_cron calls it
-- daily, because a weekly run would keep "90 days" for up to 97.
\set change 020_retention
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE TABLE ops.retention_policies (what name PRIMARY KEY, keep interval NOT NULL, because text NOT NULL);
COMMENT ON TABLE ops.retention_policies IS 'How long, beside ops.partition_policies. In years and not in days: 2555 days are less than seven years.';
INSERT INTO ops.retention_policies VALUES
    ('training_jobs', '1 year', 'section 13.1; counted from the creation of a job that is over'),
    ('kyc_records', '7 years', 'anti-money-laundering law; counted from the end of the relationship');

CREATE FUNCTION ops.archive_audit_logs(before timestamptz) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public SET timezone = 'UTC'
AS $$
DECLARE
    moved bigint;
BEGIN
    PERFORM ops.ensure_partition('audit_logs_archive', period)
    FROM (SELECT DISTINCT date_trunc('quarter', created_at) FROM audit_logs WHERE created_at < before) q (period);
    INSERT INTO audit_logs_archive (id, user_id, subject_id, action, resource_type, resource_id, old_values, new_values, ip_address,
        user_agent, session_id, correlation_id, database_user, success, error_message, created_at)
    SELECT id, user_id, subject_id, action, resource_type, resource_id, old_values, new_values, ip_address,
        user_agent, session_id, correlation_id, database_user, success, error_message, created_at
    FROM audit_logs WHERE created_at < before
    ON CONFLICT DO NOTHING;
    -- Only what the archive has: a row that was written in between waits for the next run.
    DELETE FROM audit_logs l USING audit_logs_archive a
    WHERE l.created_at < before AND a.created_at < before AND a.id = l.id AND a.created_at = l.created_at;
    GET DIAGNOSTICS moved = ROW_COUNT;
    RETURN moved;
END
$$;

CREATE FUNCTION cleanup_old_data(moment timestamptz DEFAULT now()) RETURNS TABLE (what text, affected bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public SET timezone = 'UTC' SET lock_timeout = '5s'
AS $$
DECLARE
    keep_of jsonb := (
        SELECT jsonb_object_agg(name, keep) FROM (
            SELECT parent AS name, keep FROM ops.partition_policies UNION ALL SELECT r.what, r.keep FROM ops.retention_policies r
        ) policies);
BEGIN
    what := 'notification partitions dropped';
    SELECT count(*) INTO affected FROM ops.drop_partitions_behind('notifications', moment);
    RETURN NEXT;

    what := 'notifications deleted';
    DELETE FROM notifications WHERE created_at < moment - (keep_of ->> 'notifications')::interval;
    GET DIAGNOSTICS affected = ROW_COUNT;
    RETURN NEXT;

    what := 'audit logs archived';
    affected := ops.archive_audit_logs(moment - (keep_of ->> 'audit_logs')::interval);
    RETURN NEXT;

    what := 'audit partitions dropped';
    SELECT count(*) INTO affected FROM ops.drop_partitions_behind('audit_logs', moment);
    RETURN NEXT;

    what := 'archive partitions dropped';
    SELECT count(*) INTO affected FROM ops.drop_partitions_behind('audit_logs_archive', moment);
    RETURN NEXT;

    what := 'training jobs deleted';
    DELETE FROM training_jobs
    WHERE created_at < moment - (keep_of ->> 'training_jobs')::interval AND status IN ('COMPLETED', 'FAILED', 'CANCELLED');
    GET DIAGNOSTICS affected = ROW_COUNT;
    RETURN NEXT;

    what := 'KYC records deleted';
    DELETE FROM kyc_records k USING users u
    WHERE u.id = k.user_id AND u.closed_at < moment - (keep_of ->> 'kyc_records')::interval;
    GET DIAGNOSTICS affected = ROW_COUNT;
    RETURN NEXT;

    what := 'compliance keys destroyed';
    UPDATE users SET ssn_encrypted = NULL, ssn_nonce = NULL, ssn_key_version = NULL
    WHERE closed_at < moment - (keep_of ->> 'kyc_records')::interval AND ssn_encrypted IS NOT NULL;
    UPDATE data_keys d SET wrapped_key = NULL, encryption_key_id = NULL, destroyed_at = moment
    FROM users u
    WHERE u.id = d.user_id AND d.purpose = 'COMPLIANCE' AND d.destroyed_at IS NULL
      AND u.closed_at < moment - (keep_of ->> 'kyc_records')::interval;
    GET DIAGNOSTICS affected = ROW_COUNT;
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION cleanup_old_data IS 'What is past its retention at that moment goes. All of it, or, where a lock is not had in time, none.';
\ir ../lib/record.sql
