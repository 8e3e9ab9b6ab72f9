-- Section 4.2, audit. What is written stays as it was written; a row leaves only once its copy is in the archive.
\set change 013_audit_log
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE TABLE audit_logs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    user_id uuid REFERENCES users (id),
    subject_id uuid REFERENCES users (id),
    action varchar(100) NOT NULL,
    resource_type varchar(50) NOT NULL,
    resource_id varchar(255),
    old_values jsonb,
    new_values jsonb,
    ip_address inet,
    user_agent text,
    session_id varchar(255),
    correlation_id varchar(100),
    database_user name NOT NULL DEFAULT session_user,
    success boolean NOT NULL DEFAULT true,
    error_message text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (id, created_at),
    CONSTRAINT audit_logs_failure_said CHECK (success OR error_message IS NOT NULL)
) PARTITION BY RANGE (created_at);
COMMENT ON COLUMN audit_logs.user_id IS 'For whom the work was done that changed the row; empty where a service did it by itself.';
COMMENT ON COLUMN audit_logs.subject_id IS 'Whose data it is about.';
COMMENT ON COLUMN audit_logs.correlation_id IS 'The API request, through every service, down to the row that changed.';
CREATE INDEX idx_audit_logs_user_id ON audit_logs (user_id);
CREATE INDEX idx_audit_logs_subject_id ON audit_logs (subject_id);
CREATE INDEX idx_audit_logs_action ON audit_logs (action);
CREATE INDEX idx_audit_logs_resource ON audit_logs (resource_type, resource_id);
CREATE INDEX idx_audit_logs_created_at ON audit_logs (created_at);
CREATE INDEX idx_audit_logs_correlation_id ON audit_logs (correlation_id);

CREATE TABLE audit_logs_archive (
    LIKE audit_logs INCLUDING DEFAULTS INCLUDING CONSTRAINTS,
    archived_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, created_at)
) PARTITION BY RANGE (created_at);
CREATE INDEX idx_audit_logs_archive_user_id ON audit_logs_archive (user_id);
CREATE INDEX idx_audit_logs_archive_resource ON audit_logs_archive (resource_type, resource_id);

CREATE FUNCTION app.refuse_unless_archived() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
BEGIN
    IF EXISTS (SELECT FROM audit_logs_archive a WHERE a.id = OLD.id AND a.created_at = OLD.created_at) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'audit_logs: a row leaves only once its copy is in audit_logs_archive'
        USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER audit_logs_are_facts BEFORE UPDATE ON audit_logs FOR EACH ROW
    EXECUTE FUNCTION app.refuse('what is written stays as it was written');
CREATE TRIGGER audit_logs_stay BEFORE DELETE ON audit_logs FOR EACH ROW EXECUTE FUNCTION app.refuse_unless_archived();
CREATE TRIGGER audit_logs_archive_are_facts BEFORE UPDATE OR DELETE ON audit_logs_archive FOR EACH ROW
    EXECUTE FUNCTION app.refuse('what is archived stays until its seven years are over');
CREATE TRIGGER audit_logs_whole BEFORE TRUNCATE ON audit_logs EXECUTE FUNCTION app.refuse('never emptied');
CREATE TRIGGER audit_logs_archive_whole BEFORE TRUNCATE ON audit_logs_archive EXECUTE FUNCTION app.refuse('never emptied');

-- Every table that says when it was changed.
DO $$
DECLARE
    relation regclass;
BEGIN
    FOR relation IN
        SELECT c.oid FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'updated_at'
    LOOP
        EXECUTE format('CREATE TRIGGER touch BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION app.touch()', relation);
    END LOOP;
END
$$;
\ir ../lib/record.sql
