-- Section 9.2: who may do what, down to columns. On parents only, never on partitions: a partition has no policies.
\set change 017_grants
\ir ../lib/begin.sql
\if :applied \q
\endif

GRANT USAGE ON SCHEMA app TO application_role, notification_role, support_role, compliance_role, reporting_role,
    monitoring_role, audit_export_role, backup_role;
GRANT EXECUTE ON FUNCTION app.current_user_id(), app.sealed(bytea, bytea, integer)
    TO application_role, notification_role, support_role, compliance_role, reporting_role, audit_export_role, backup_role;

-- Every service.
GRANT SELECT ON roles, permissions, role_permissions, brokers, notification_templates TO application_role, compliance_role, support_role;
GRANT SELECT (id, first_name, last_name, country_code, timezone, language, kyc_status, kyc_level, created_at, closed_at)
    ON users TO application_role;
GRANT SELECT, UPDATE (status, read_at) ON notifications TO application_role;
GRANT SELECT ON data_keys TO application_role;
GRANT INSERT (user_id, purpose, version, encryption_key_id, wrapped_key), UPDATE (encryption_key_id, wrapped_key)
    ON data_keys TO auth_role, trading_role, compliance_role;

-- auth-service: the user's own row, but not what others decide about him (kyc_*, erased_at).
GRANT SELECT ON users TO auth_role;
GRANT INSERT (id, email, password_hash, first_name, last_name, phone_number_encrypted, phone_number_nonce,
        phone_number_key_version, phone_number_index, ssn_encrypted, ssn_nonce, ssn_key_version, country_code, timezone, language),
    UPDATE (email, password_hash, first_name, last_name, phone_number_encrypted, phone_number_nonce,
        phone_number_key_version, phone_number_index, ssn_encrypted, ssn_nonce, ssn_key_version, country_code, timezone, language,
        two_fa_enabled, two_fa_secret_encrypted, two_fa_secret_nonce, two_fa_secret_key_version, email_verified,
        phone_verified, last_login, login_attempts, locked_until, closed_at)
    ON users TO auth_role;
GRANT SELECT, INSERT, DELETE ON user_roles TO auth_role;
GRANT SELECT, INSERT (user_id, kyc_level, document_type, document_number_encrypted, document_number_nonce,
        document_number_key_version, document_country, first_name, last_name, date_of_birth_encrypted, date_of_birth_nonce,
        date_of_birth_key_version, address_line1, address_line2, city, state, postal_code, country)
    ON kyc_records TO auth_role;

-- trading-service: an order's identity and terms are written once; a balance is never written at all.
GRANT SELECT, INSERT, UPDATE (broker_connection_id, external_order_id, filled_quantity, average_fill_price, status, fees, commission)
    ON orders TO trading_role;
GRANT SELECT, INSERT ON trades TO trading_role;
GRANT SELECT, INSERT, UPDATE (side, quantity, average_price, market_value, unrealized_pnl, realized_pnl, total_fees)
    ON positions TO trading_role;
GRANT SELECT, INSERT (user_id, currency, wallet_type) ON wallets TO trading_role;
GRANT SELECT, INSERT (user_id, wallet_id, type, direction, currency, amount, fee, idempotency_key, external_id,
        reference_id, description, metadata), UPDATE (status, description, metadata)
    ON transactions TO trading_role;
GRANT SELECT ON ledger_journals, ledger_entries, ledger_accounts TO trading_role;
GRANT SELECT, INSERT, UPDATE, DELETE ON broker_connections TO trading_role;
GRANT EXECUTE ON FUNCTION
    post_transaction(uuid, text, text, numeric, text, numeric, text, text, text),
    settle_transaction(uuid), transfer(uuid, uuid, numeric, text), reserve(uuid, numeric, text)
    TO trading_role;

-- strategy-service.
GRANT SELECT, INSERT, UPDATE, DELETE ON strategies TO strategy_role;
GRANT SELECT, INSERT, UPDATE ON strategy_instances, training_jobs TO strategy_role;
GRANT SELECT, INSERT ON backtest_results TO strategy_role;

-- marketplace-service: counts and verdicts are not the developer's to write.
GRANT SELECT, INSERT (id, strategy_id, developer_id, title, short_description, long_description, category, tags, price_model,
        price, revenue_share_percent, performance_metrics, minimum_capital, risk_level, supported_markets,
        supported_timeframes, version, status),
    UPDATE (title, short_description, long_description, category, tags, price_model, price, revenue_share_percent,
        performance_metrics, minimum_capital, risk_level, supported_markets, supported_timeframes, version, status)
    ON marketplace_strategies TO marketplace_role;
GRANT SELECT, INSERT ON marketplace_purchases, strategy_usage_metrics TO marketplace_role;
GRANT SELECT, INSERT (marketplace_strategy_id, user_id, purchase_id, rating, title, content),
    UPDATE (rating, title, content), DELETE ON strategy_reviews TO marketplace_role;
GRANT SELECT, INSERT (user_id, display_name, bio, website_url, github_url, linkedin_url),
    UPDATE (display_name, bio, website_url, github_url, linkedin_url) ON developer_profiles TO marketplace_role;

-- notification-service and support-service: every user, and of a user no more than they need.
GRANT SELECT (id, email, first_name, language, timezone) ON users TO notification_role;
GRANT SELECT, INSERT, UPDATE (status, sent_at) ON notifications TO notification_role;
GRANT SELECT, INSERT, UPDATE ON notification_templates TO notification_role;
GRANT SELECT (id, email, first_name, last_name, country_code, language, kyc_status, created_at, closed_at) ON users TO support_role;
GRANT SELECT, INSERT, UPDATE (subject, category, priority, status, assigned_to, resolved_at) ON support_tickets TO support_role;
GRANT SELECT, INSERT ON support_ticket_messages TO support_role;
GRANT SELECT, INSERT (user_id, subject, description, category, created_by) ON support_tickets TO application_role;
GRANT SELECT, INSERT (ticket_id, author_id, message, attachments) ON support_ticket_messages TO application_role;

-- compliance-service: reads, decides on KYC, alerts and listings, locks an account.
GRANT SELECT ON user_roles, kyc_records, aml_alerts, orders, trades, positions, wallets, transactions, ledger_journals,
    ledger_accounts, ledger_entries, marketplace_strategies, marketplace_purchases, strategy_reviews, support_tickets,
    support_ticket_messages, audit_logs, audit_logs_archive TO compliance_role;
GRANT SELECT (id, user_id, name, type, status, is_public, created_at, updated_at) ON strategies TO compliance_role;
GRANT SELECT (id, user_id, broker_name, status, last_sync, created_at) ON broker_connections TO compliance_role;
GRANT SELECT (id, email, first_name, last_name, country_code, kyc_status, kyc_level, last_login, locked_until, closed_at,
        erased_at, created_at, updated_at), UPDATE (kyc_status, kyc_level, locked_until) ON users TO compliance_role;
GRANT UPDATE (verification_status, verification_method, verified_at, expires_at, notes, metadata) ON kyc_records TO compliance_role;
-- To open these fields, and to seal them again when a key is rotated.
GRANT SELECT ON data_keys TO compliance_role;
GRANT SELECT (ssn_encrypted, ssn_nonce, ssn_key_version), UPDATE (ssn_encrypted, ssn_nonce, ssn_key_version) ON users TO compliance_role;
GRANT UPDATE (document_number_encrypted, document_number_nonce, document_number_key_version, date_of_birth_encrypted,
        date_of_birth_nonce, date_of_birth_key_version) ON kyc_records TO compliance_role;
GRANT INSERT, UPDATE (severity, description, status, assigned_to, resolution_notes, resolved_at) ON aml_alerts TO compliance_role;
GRANT UPDATE (status, published_at) ON marketplace_strategies TO compliance_role;

-- Reports and caches: no name, no address, no code.
GRANT SELECT ON orders, trades, positions, wallets, ledger_accounts, ledger_entries, strategy_instances, backtest_results,
    marketplace_strategies, marketplace_purchases, strategy_usage_metrics, brokers TO reporting_role;
GRANT SELECT (id, country_code, timezone, language, kyc_status, kyc_level, created_at, closed_at) ON users TO reporting_role;
GRANT SELECT (id, user_id, wallet_id, type, direction, currency, amount, fee, status, created_at, updated_at) ON transactions TO reporting_role;
GRANT SELECT (id, user_id, name, type, category, version, status, is_public, is_template, created_at, updated_at) ON strategies TO reporting_role;
GRANT SELECT (id, strategy_id, user_id, job_type, status, progress, credits_consumed, started_at, completed_at, created_at)
    ON training_jobs TO reporting_role;
GRANT SELECT (id, marketplace_strategy_id, rating, is_verified_purchase, helpful_votes, created_at) ON strategy_reviews TO reporting_role;
GRANT SELECT (user_id, display_name, total_strategies, total_downloads, average_rating, verified) ON developer_profiles TO reporting_role;

GRANT SELECT ON audit_logs_archive TO audit_export_role;
GRANT USAGE ON SCHEMA ops TO backup_role;
GRANT SELECT ON ALL TABLES IN SCHEMA public, ops TO backup_role;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO backup_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public, ops GRANT SELECT ON TABLES TO backup_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public, ops GRANT SELECT ON SEQUENCES TO backup_role;
\ir ../lib/record.sql
