-- Section 13.2: triggers on sensitive tables, what services record themselves, and the compliance report.
\set change 019_audit
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE FUNCTION app.write_audit(
    action text, resource_type text, resource_id text, subject uuid, old_values jsonb, new_values jsonb,
    success boolean DEFAULT true, error_message text DEFAULT NULL
) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public
AS $$
    INSERT INTO audit_logs (user_id, subject_id, action, resource_type, resource_id, old_values, new_values, success,
                            error_message, correlation_id, ip_address, user_agent, session_id)
    VALUES (app.current_user_id(), subject, action, resource_type, resource_id, old_values, new_values, success, error_message,
            nullif(current_setting('app.correlation_id', true), ''), nullif(current_setting('app.ip_address', true), '')::inet,
            nullif(current_setting('app.user_agent', true), ''), nullif(current_setting('app.session_id', true), ''));
$$;

CREATE FUNCTION app.redacted(row_values jsonb, changed text[], clear text[]) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
AS $$
    SELECT jsonb_object_agg(key, CASE WHEN key = ANY (clear) OR value = 'null' THEN value ELSE '"[redacted]"' END)
    FROM jsonb_each(row_values) WHERE key = ANY (changed);
$$;
COMMENT ON FUNCTION app.redacted IS 'Only what is named is shown: a column that is added later is hidden until somebody decides otherwise.';

-- Arguments: the resource type, the column with the user whose data it is, and the columns whose values are shown.
CREATE FUNCTION app.audit() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    before jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    after jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    either jsonb := coalesce(after, before);
    clear text[] := TG_ARGV[2:];
    changed text[] := ARRAY(
        SELECT key FROM jsonb_object_keys(either) key
        WHERE before -> key IS DISTINCT FROM after -> key AND key <> 'updated_at');
BEGIN
    IF TG_OP = 'UPDATE' AND changed = '{}' THEN
        RETURN NULL;
    END IF;
    PERFORM app.write_audit(TG_OP || ' ' || TG_TABLE_NAME, TG_ARGV[0], coalesce(either ->> 'id', either ->> TG_ARGV[1]),
        (either ->> TG_ARGV[1])::uuid, app.redacted(before, changed, clear), app.redacted(after, changed, clear));
    RETURN NULL;
END
$$;

CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION app.audit(
    'user_profile', 'id', 'id', 'kyc_status', 'kyc_level', 'two_fa_enabled', 'email_verified', 'phone_verified', 'last_login',
    'login_attempts', 'locked_until', 'closed_at', 'erased_at', 'created_at');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON user_roles FOR EACH ROW EXECUTE FUNCTION app.audit(
    'user_role', 'user_id', 'user_id', 'role_id', 'assigned_by', 'assigned_at');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON role_permissions FOR EACH ROW EXECUTE FUNCTION app.audit(
    'role_permission', '', 'role_id', 'permission_id');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON data_keys FOR EACH ROW EXECUTE FUNCTION app.audit(
    'encryption_key', 'user_id', 'user_id', 'purpose', 'version', 'encryption_key_id', 'destroyed_at');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON kyc_records FOR EACH ROW EXECUTE FUNCTION app.audit(
    'kyc_data', 'user_id', 'id', 'user_id', 'kyc_level', 'document_type', 'verification_status', 'verification_method',
    'verified_at', 'expires_at');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON aml_alerts FOR EACH ROW EXECUTE FUNCTION app.audit(
    'aml_alert', 'user_id', 'id', 'user_id', 'alert_type', 'severity', 'status', 'assigned_to', 'resolved_at');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON transactions FOR EACH ROW EXECUTE FUNCTION app.audit(
    'financial_data', 'user_id', 'id', 'user_id', 'wallet_id', 'journal_id', 'type', 'direction', 'currency', 'amount', 'fee', 'status');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OF status OR DELETE ON orders FOR EACH ROW EXECUTE FUNCTION app.audit(
    'financial_data', 'user_id', 'id', 'user_id', 'symbol', 'order_type', 'side', 'quantity', 'price', 'stop_price', 'status',
    'filled_quantity', 'average_fill_price', 'time_in_force', 'source');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON broker_connections FOR EACH ROW EXECUTE FUNCTION app.audit(
    'broker_connection', 'user_id', 'id', 'user_id', 'broker_name', 'status');
CREATE TRIGGER audit AFTER INSERT OR UPDATE OF status, price, price_model OR DELETE ON marketplace_strategies FOR EACH ROW
    EXECUTE FUNCTION app.audit('listing', 'developer_id', 'id', 'developer_id', 'status', 'price_model', 'price', 'version', 'published_at');

CREATE FUNCTION record_action(
    action text, resource_type text, resource_id text DEFAULT NULL, subject uuid DEFAULT NULL,
    success boolean DEFAULT true, error_message text DEFAULT NULL
) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = public
    BEGIN ATOMIC
        SELECT app.write_audit(action, resource_type, resource_id, subject, NULL, NULL, success, error_message);
    END;
COMMENT ON FUNCTION record_action IS
    'What no trigger sees: a sign-in, a refusal, somebody reading. For whom and for which request is in app.act_as().';
GRANT EXECUTE ON FUNCTION record_action(text, text, text, uuid, boolean, text)
    TO application_role, notification_role, support_role, compliance_role;

-- With the rights of who asks. Events without a user stay in: a failed sign-in has none.
CREATE VIEW user_data_access_report WITH (security_invoker = true) AS
    SELECT al.user_id, u.email, al.subject_id, al.action, al.resource_type, al.resource_id, al.success, al.ip_address,
           al.correlation_id, al.database_user, al.created_at
    FROM audit_logs al LEFT JOIN users u ON u.id = al.user_id
    WHERE al.resource_type IN ('user_profile', 'kyc_data', 'financial_data')
      AND al.created_at >= CURRENT_DATE - INTERVAL '30 days';
GRANT SELECT ON user_data_access_report TO compliance_role;
\ir ../lib/record.sql
