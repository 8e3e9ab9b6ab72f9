-- Gives each login of :logins, [{"workload": ..., "login": ...}], the role of its workload, and takes away what Cloud SQL gives
-- every user that is made with a password: it could create roles, and by that make itself a member of any.
\set ON_ERROR_STOP on
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT pg_advisory_xact_lock(20240101) \g /dev/null
SELECT set_config('app.logins', :'logins', true) \g /dev/null
DO $$
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT l.workload, l.login, r.rolcreaterole OR r.rolcreatedb AS makes, m.member IS NOT NULL AS administers
        FROM jsonb_to_recordset(current_setting('app.logins')::jsonb) AS l (workload name, login name)
        LEFT JOIN pg_roles r ON r.rolname = l.login
        LEFT JOIN pg_auth_members m ON m.member = r.oid AND m.roleid = to_regrole('cloudsqlsuperuser')
    LOOP
        PERFORM ops.enrol(given.workload, given.login);
        IF given.makes THEN
            EXECUTE format('ALTER ROLE %I NOCREATEROLE NOCREATEDB', given.login);
        END IF;
        IF given.administers THEN
            EXECUTE format('REVOKE cloudsqlsuperuser FROM %I', given.login);
        END IF;
    END LOOP;
END
$$;
COMMIT;
