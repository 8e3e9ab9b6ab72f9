\set ON_ERROR_STOP on
DO $$
BEGIN
    IF NOT has_table_privilege('trading_role', 'orders', 'SELECT')
        OR has_column_privilege('trading_role', 'wallets', 'balance', 'UPDATE')
        OR has_column_privilege('auth_role', 'users', 'kyc_status', 'UPDATE') THEN
        RAISE EXCEPTION 'grants are not what they should be';
    END IF;
END
$$;
