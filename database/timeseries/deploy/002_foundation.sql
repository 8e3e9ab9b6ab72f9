-- TimescaleDB, the types that prices and names are made of, and the current user.
-- 2.11 to 2.28: the last that runs on PostgreSQL 15. It must be in shared_preload_libraries.
\set change 002_foundation
\ir ../lib/begin.sql
\if :applied \q
\endif
SET LOCAL ROLE NONE;
CREATE EXTENSION IF NOT EXISTS timescaledb SCHEMA public;
SET LOCAL ROLE alphintra_owner;

CREATE SCHEMA app;
COMMENT ON SCHEMA app IS 'The current user, as in the main database.';
CREATE SCHEMA ops;
COMMENT ON SCHEMA ops IS 'Upkeep: how the policies are doing, who works here.';

-- The main database's domains. NaN is greater than every number and so is Infinity: both fail the upper bound.
CREATE DOMAIN signed_amount AS numeric
    CONSTRAINT signed_amount_bounds CHECK (VALUE > -1e20 AND VALUE < 1e20 AND scale(trim_scale(VALUE)) <= 18);
CREATE DOMAIN amount AS numeric
    CONSTRAINT amount_bounds CHECK (VALUE >= 0 AND VALUE < 1e20 AND scale(trim_scale(VALUE)) <= 18);
CREATE DOMAIN positive_amount AS numeric
    CONSTRAINT positive_amount_bounds CHECK (VALUE > 0 AND VALUE < 1e20 AND scale(trim_scale(VALUE)) <= 18);
CREATE DOMAIN ratio AS numeric(18, 6)
    CONSTRAINT ratio_bounds CHECK (VALUE > -1e12 AND VALUE < 1e12);
CREATE DOMAIN fraction AS numeric(5, 4)
    CONSTRAINT fraction_bounds CHECK (VALUE >= 0 AND VALUE <= 1);
CREATE DOMAIN counter AS integer
    CONSTRAINT counter_bounds CHECK (VALUE >= 0);
CREATE DOMAIN measurement AS double precision
    CONSTRAINT measurement_bounds CHECK (VALUE > '-Infinity' AND VALUE < 'Infinity');
CREATE DOMAIN symbol AS varchar(20)
    CONSTRAINT symbol_form CHECK (VALUE ~ '^[A-Z0-9][A-Z0-9./_-]*$');
CREATE DOMAIN label AS varchar(100)
    CONSTRAINT label_form CHECK (VALUE ~ '^[[:graph:]]+$');

CREATE FUNCTION app.current_user_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    -- Never set: null. Set by a transaction that has ended: ''. Both are nobody.
    RETURN nullif(current_setting('app.current_user_id', true), '')::uuid;
COMMENT ON FUNCTION app.current_user_id() IS
    'The user whose rows this transaction may see; set with set_config(''app.current_user_id'', id, true) inside the transaction.';

CREATE FUNCTION app.timeframe_length(timeframe text) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN CASE timeframe WHEN '1m' THEN interval '1 minute' WHEN '5m' THEN interval '5 minutes' WHEN '15m' THEN interval '15 minutes'
        WHEN '1h' THEN interval '1 hour' WHEN '4h' THEN interval '4 hours' WHEN '1d' THEN interval '24 hours' END;
COMMENT ON FUNCTION app.timeframe_length(text) IS 'Null for what is no timeframe.';
\ir ../lib/record.sql
