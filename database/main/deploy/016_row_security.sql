-- Section 9.2: who sees which rows. On, and forced on the owner too, wherever a row is somebody's; what no policy
-- allows is not there. The comparison with (SELECT …) is made once a statement, not once a row.
\set change 016_row_security
\ir ../lib/begin.sql
\if :applied \q
\endif

DO $$
DECLARE
    about_nobody constant name[] := ARRAY[
        'schema_migrations', 'roles', 'permissions', 'role_permissions', 'brokers', 'notification_templates'];
    own_rows constant text[] := ARRAY[ -- table.column that names the user; application_role sees and writes these
        'users.id', 'data_keys.user_id', 'user_roles.user_id', 'broker_connections.user_id', 'strategies.user_id',
        'strategy_instances.user_id', 'backtest_results.user_id', 'training_jobs.user_id', 'orders.user_id',
        'trades.user_id', 'positions.user_id', 'wallets.user_id', 'transactions.user_id', 'ledger_journals.user_id',
        'ledger_accounts.user_id', 'ledger_entries.user_id', 'developer_profiles.user_id', 'marketplace_purchases.user_id',
        'strategy_usage_metrics.user_id', 'kyc_records.user_id', 'support_tickets.user_id', 'notifications.user_id'];
    every_row constant text[] := ARRAY[ -- role: tables in which it sees every user's rows; its grants say what it may do
        'auth_role: user_roles',
        'notification_role: users notifications',
        'support_role: users support_tickets support_ticket_messages',
        'compliance_role: users user_roles kyc_records aml_alerts orders trades positions wallets transactions ledger_journals'
            ' ledger_accounts ledger_entries strategies marketplace_strategies marketplace_purchases strategy_reviews'
            ' broker_connections support_tickets support_ticket_messages audit_logs audit_logs_archive',
        'reporting_role: users orders trades positions wallets transactions ledger_accounts ledger_entries strategies'
            ' strategy_instances backtest_results training_jobs marketplace_strategies marketplace_purchases strategy_reviews'
            ' strategy_usage_metrics developer_profiles',
        'audit_export_role: audit_logs_archive'];
    relation name;
    line text;
BEGIN
    FOR relation IN
        SELECT relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
          AND relname <> ALL (about_nobody)
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', relation);
        EXECUTE format('CREATE POLICY owner ON %I TO alphintra_owner USING (true) WITH CHECK (true)', relation);
        EXECUTE format('CREATE POLICY backup ON %I FOR SELECT TO backup_role USING (true)', relation);
    END LOOP;
    FOREACH line IN ARRAY own_rows LOOP
        EXECUTE format(
            'CREATE POLICY own ON %I TO application_role USING (%I = (SELECT app.current_user_id()))'
            ' WITH CHECK (%2$I = (SELECT app.current_user_id()))',
            split_part(line, '.', 1), split_part(line, '.', 2));
    END LOOP;
    FOREACH line IN ARRAY every_row LOOP
        FOREACH relation IN ARRAY string_to_array(split_part(line, ': ', 2), ' ') LOOP
            EXECUTE format('CREATE POLICY %I ON %I TO %1$I USING (true) WITH CHECK (true)', split_part(line, ':', 1), relation);
        END LOOP;
    END LOOP;
END
$$;

-- A listing is everybody's once it is approved. Its developer writes it, but only as a draft or for review: whoever
-- changes an approved one puts it before the reviewers again.
CREATE POLICY published ON marketplace_strategies FOR SELECT TO application_role USING (status = 'APPROVED');
CREATE POLICY own ON marketplace_strategies TO application_role
    USING (developer_id = (SELECT app.current_user_id()))
    WITH CHECK (developer_id = (SELECT app.current_user_id()) AND status IN ('DRAFT', 'PENDING_REVIEW'));

-- Opens KYC records, and nothing that is sealed under a user's PROFILE key.
CREATE POLICY compliance_role ON data_keys TO compliance_role
    USING (purpose = 'COMPLIANCE') WITH CHECK (purpose = 'COMPLIANCE');

CREATE POLICY published ON strategy_reviews FOR SELECT TO application_role USING (true);
CREATE POLICY own ON strategy_reviews TO application_role
    USING (user_id = (SELECT app.current_user_id())) WITH CHECK (user_id = (SELECT app.current_user_id()));

CREATE POLICY developers ON strategy_usage_metrics FOR SELECT TO application_role
    USING (EXISTS (SELECT FROM marketplace_strategies listing
                   WHERE listing.id = marketplace_strategy_id AND listing.developer_id = (SELECT app.current_user_id())));

-- The ticket's own policy decides which tickets the subquery finds. What support says among itself is not shown.
CREATE POLICY own ON support_ticket_messages TO application_role
    USING (NOT is_internal AND EXISTS (SELECT FROM support_tickets t WHERE t.id = ticket_id))
    WITH CHECK (NOT is_internal AND author_id = (SELECT app.current_user_id())
                AND EXISTS (SELECT FROM support_tickets t WHERE t.id = ticket_id));
\ir ../lib/record.sql
