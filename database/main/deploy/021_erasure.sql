-- Erasure on request: what is personal goes, by name and by key; what the law asks for stays, under a pseudonym.
\set change 021_erasure
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE TABLE erasures (
    user_id uuid PRIMARY KEY REFERENCES users (id),
    erased_at timestamptz NOT NULL,
    removed jsonb NOT NULL,
    kept jsonb NOT NULL
);
COMMENT ON TABLE erasures IS 'The answer to the request: rows removed or emptied, and what was kept, with the reason.';
ALTER TABLE erasures ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON erasures TO alphintra_owner USING (true) WITH CHECK (true);
CREATE POLICY backup ON erasures FOR SELECT TO backup_role USING (true);
CREATE POLICY compliance_role ON erasures FOR SELECT TO compliance_role USING (true);
GRANT SELECT ON erasures TO compliance_role;

CREATE FUNCTION erase_user(who uuid, moment timestamptz DEFAULT now()) RETURNS erasures
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    erased erasures;
    hindrance text;
    removed jsonb := '{}';
    rows_affected bigint;
    step record;
BEGIN
    SELECT * INTO erased FROM erasures WHERE user_id = who;
    IF FOUND THEN
        RETURN erased;
    END IF;
    PERFORM FROM users WHERE id = who FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no user %', who USING ERRCODE = 'no_data_found';
    END IF;
    SELECT reason INTO hindrance FROM (VALUES
        ('the account is not closed', EXISTS (SELECT FROM users WHERE id = who AND closed_at IS NULL)),
        ('a wallet is not empty', EXISTS (SELECT FROM wallets WHERE user_id = who AND book = 'LIVE' AND balance > 0)),
        ('an order is open', EXISTS (SELECT FROM orders WHERE user_id = who AND status IN ('PENDING', 'PARTIAL'))),
        ('a strategy is running', EXISTS (SELECT FROM strategy_instances WHERE user_id = who AND status = 'RUNNING')),
        ('an alert is open', EXISTS (SELECT FROM aml_alerts WHERE user_id = who AND status IN ('OPEN', 'INVESTIGATING')))
    ) hindrances (reason, holds) WHERE holds LIMIT 1;
    IF hindrance IS NOT NULL THEN
        RAISE EXCEPTION 'user % cannot be erased: %', who, hindrance USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;

    FOR step IN SELECT * FROM (VALUES
        (1, 'users', $s$UPDATE users SET email = 'erased-' || id || '@erased.invalid', password_hash = 'erased: nobody signs in with this',
            first_name = NULL, last_name = NULL, phone_number_encrypted = NULL, phone_number_nonce = NULL,
            phone_number_key_version = NULL, phone_number_index = NULL, two_fa_enabled = false, two_fa_secret_encrypted = NULL,
            two_fa_secret_nonce = NULL, two_fa_secret_key_version = NULL, email_verified = false, phone_verified = false,
            timezone = 'UTC', language = 'en', last_login = NULL, erased_at = $2 WHERE id = $1$s$),
        (2, 'data_keys', $s$UPDATE data_keys SET wrapped_key = NULL, encryption_key_id = NULL, destroyed_at = $2
            WHERE user_id = $1 AND purpose = 'PROFILE' AND destroyed_at IS NULL$s$),
        (3, 'orders', 'UPDATE orders SET broker_connection_id = NULL WHERE user_id = $1 AND broker_connection_id IS NOT NULL'),
        (4, 'broker_connections', 'DELETE FROM broker_connections WHERE user_id = $1'),
        (5, 'notifications', 'DELETE FROM notifications WHERE user_id = $1'),
        (6, 'training_jobs', 'DELETE FROM training_jobs WHERE user_id = $1'),
        (7, 'backtest_results', 'DELETE FROM backtest_results WHERE user_id = $1'),
        (8, 'user_roles', 'DELETE FROM user_roles WHERE user_id = $1'),
        (9, 'support_tickets', $s$UPDATE support_tickets SET subject = '[erased]', description = NULL WHERE user_id = $1$s$),
        (10, 'support_ticket_messages', $s$UPDATE support_ticket_messages SET message = '[erased]', attachments = NULL
            WHERE author_id = $1 OR ticket_id IN (SELECT id FROM support_tickets WHERE user_id = $1)$s$),
        (11, 'strategy_reviews', 'UPDATE strategy_reviews SET title = NULL, content = NULL WHERE user_id = $1'),
        (12, 'developer_profiles', $s$UPDATE developer_profiles SET display_name = 'Former developer', bio = NULL, website_url = NULL,
            github_url = NULL, linkedin_url = NULL WHERE user_id = $1$s$),
        (13, 'marketplace_strategies', $s$UPDATE marketplace_strategies SET status = 'SUSPENDED' WHERE developer_id = $1$s$),
        (14, 'strategies', $s$UPDATE strategies SET name = '[erased]', description = NULL, code = NULL, blocks = NULL, parameters = NULL,
            risk_settings = NULL, is_public = false, status = 'ARCHIVED'
            WHERE user_id = $1 AND NOT EXISTS (
                SELECT FROM marketplace_strategies m JOIN marketplace_purchases p ON p.marketplace_strategy_id = m.id
                WHERE m.strategy_id = strategies.id AND p.user_id <> $1)$s$)
    ) steps (number, relation, statement) ORDER BY number LOOP
        EXECUTE step.statement USING who, moment;
        GET DIAGNOSTICS rows_affected = ROW_COUNT;
        removed := removed || jsonb_build_object(step.relation, rows_affected);
    END LOOP;

    INSERT INTO erasures VALUES (who, moment, removed, jsonb_build_object(
        'orders, trades, transactions, ledger', 'books and records of trades: kept for the law, under a pseudonym',
        'kyc_records', 'anti-money-laundering law: seven years from the end of the relationship',
        'aml_alerts', 'anti-money-laundering law',
        'audit_logs', 'proof of what was done; holds no personal values',
        'strategies that others bought', 'the buyers'' contracts'
    )) RETURNING * INTO erased;
    RETURN erased;
END
$$;
COMMENT ON FUNCTION erase_user IS
    'Erases a user whose account is closed and empty. Destroying the PROFILE keys erases what they sealed from every backup too.';
GRANT EXECUTE ON FUNCTION erase_user(uuid, timestamptz) TO compliance_role;
\ir ../lib/record.sql
