-- Types that money and names are made of, and the functions that triggers and policies share.
\set change 002_foundation
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE SCHEMA app;
COMMENT ON SCHEMA app IS 'What policies and triggers use: the current user, and refusals.';
CREATE SCHEMA ops;
COMMENT ON SCHEMA ops IS 'Upkeep: partitions, retention, scheduled jobs.';

-- numeric without a fixed scale never rounds; the checks refuse what has more than 18 decimals instead. NaN is greater
-- than every number and so is Infinity: both fail the upper bound.
CREATE DOMAIN signed_amount AS numeric
    CONSTRAINT signed_amount_bounds CHECK (VALUE > -1e20 AND VALUE < 1e20 AND scale(trim_scale(VALUE)) <= 18);
CREATE DOMAIN amount AS numeric
    CONSTRAINT amount_bounds CHECK (VALUE >= 0 AND VALUE < 1e20 AND scale(trim_scale(VALUE)) <= 18);
CREATE DOMAIN positive_amount AS numeric
    CONSTRAINT positive_amount_bounds CHECK (VALUE > 0 AND VALUE < 1e20 AND scale(trim_scale(VALUE)) <= 18);
CREATE DOMAIN ratio AS numeric(18, 6)
    CONSTRAINT ratio_bounds CHECK (VALUE > -1e12 AND VALUE < 1e12);
CREATE DOMAIN percent AS numeric(5, 2)
    CONSTRAINT percent_bounds CHECK (VALUE >= 0 AND VALUE <= 100);
CREATE DOMAIN fraction AS numeric(5, 4)
    CONSTRAINT fraction_bounds CHECK (VALUE >= 0 AND VALUE <= 1);
CREATE DOMAIN rating AS numeric(3, 2)
    CONSTRAINT rating_bounds CHECK (VALUE >= 0 AND VALUE <= 5);
CREATE DOMAIN counter AS integer
    CONSTRAINT counter_bounds CHECK (VALUE >= 0);
CREATE DOMAIN currency AS varchar(10)
    CONSTRAINT currency_form CHECK (VALUE ~ '^[A-Z0-9]{2,10}$');
CREATE DOMAIN symbol AS varchar(20)
    CONSTRAINT symbol_form CHECK (VALUE ~ '^[A-Z0-9][A-Z0-9./_-]*$');
CREATE DOMAIN country AS varchar(3)
    CONSTRAINT country_form CHECK (VALUE ~ '^[A-Z]{2,3}$');

CREATE FUNCTION app.current_user_id() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    -- Never set: null. Set by a transaction that has ended: ''. Both are nobody.
    RETURN nullif(current_setting('app.current_user_id', true), '')::uuid;
COMMENT ON FUNCTION app.current_user_id() IS
    'The user whose rows this transaction may see; set with set_config(''app.current_user_id'', id, true) inside the transaction.';

CREATE FUNCTION app.touch() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END
$$;

CREATE FUNCTION app.refuse() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog
AS $$
BEGIN
    RAISE EXCEPTION '%: %', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END
$$;
COMMENT ON FUNCTION app.refuse() IS 'For triggers on what must not happen; the argument says why.';

-- One field under field-level encryption is three columns; all are there, or none.
CREATE FUNCTION app.sealed(ciphertext bytea, nonce bytea, key_version integer) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN num_nulls(ciphertext, nonce, key_version) = 3
        OR (num_nulls(ciphertext, nonce, key_version) = 0
            AND octet_length(ciphertext) >= 16 AND octet_length(nonce) = 12 AND key_version > 0);
COMMENT ON FUNCTION app.sealed(bytea, bytea, integer) IS
    'AES-256-GCM: a ciphertext ends with a tag of 16 bytes, a nonce has 12, and a key version counts from 1.';
\ir ../lib/record.sql
