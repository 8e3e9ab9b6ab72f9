-- How PgBouncer looks passwords up. Nobody reads pg_shadow but password_reader, which nobody is: on Cloud SQL the flag
-- cloudsql.pg_shadow_select_role lets it, elsewhere a superuser does (GRANT SELECT ON pg_shadow TO password_reader).
\set change 023_pooling
\ir ../lib/begin.sql
\if :applied \q
\endif
SET LOCAL ROLE NONE;

DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['password_reader', 'pooler_role'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        END IF;
    END LOOP;
    IF NOT pg_has_role('password_reader', 'MEMBER') THEN
        EXECUTE format('GRANT password_reader TO %I', current_user);
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO pooler_role', current_database());
END
$$;
SET LOCAL ROLE alphintra_owner;
INSERT INTO ops.workloads VALUES ('pgbouncer', 'pooler_role');
GRANT USAGE ON SCHEMA ops TO password_reader;
GRANT SELECT ON ops.workloads TO password_reader;
CREATE SCHEMA pgbouncer;
GRANT CREATE, USAGE ON SCHEMA pgbouncer TO password_reader;

SET LOCAL ROLE password_reader;
-- Services only: neither administrators nor people go through the pool, nor the pooler's own login.
CREATE FUNCTION pgbouncer.get_auth(wanted text) RETURNS TABLE (username text, password text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT s.usename::text, CASE WHEN s.valuntil <= now() THEN NULL ELSE s.passwd END
    FROM pg_catalog.pg_shadow s
    WHERE s.usename = wanted AND NOT s.usesuper
      AND EXISTS (
          SELECT FROM ops.workloads w
          WHERE w.role <> 'pooler_role' AND pg_catalog.pg_has_role(s.usename, w.role, 'MEMBER')
      )
$$;
COMMENT ON FUNCTION pgbouncer.get_auth IS
    'The password of a service''s login, as PostgreSQL keeps it; NULL where it is no longer valid, nothing where there is no such login.';
REVOKE EXECUTE ON FUNCTION pgbouncer.get_auth(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pgbouncer.get_auth(text) TO pooler_role;

SET LOCAL ROLE alphintra_owner;
REVOKE CREATE ON SCHEMA pgbouncer FROM password_reader;
GRANT USAGE ON SCHEMA pgbouncer TO pooler_role;
\ir ../lib/record.sql
