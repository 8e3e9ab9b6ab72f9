\set change 017_grants
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
\set roles 'application_role, auth_role, trading_role, strategy_role, marketplace_role, notification_role, support_role, compliance_role, reporting_role, monitoring_role, audit_export_role, backup_role'
ALTER DEFAULT PRIVILEGES IN SCHEMA public, ops REVOKE SELECT ON TABLES FROM backup_role;
ALTER DEFAULT PRIVILEGES IN SCHEMA public, ops REVOKE SELECT ON SEQUENCES FROM backup_role;
REVOKE ALL ON ALL TABLES IN SCHEMA public, ops FROM :roles;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public, ops FROM :roles;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public, app, ops FROM :roles;
REVOKE ALL ON SCHEMA app, ops FROM :roles;
\ir ../lib/forget.sql
