-- Section 4.2, broker integration. Before the orders, which name a broker and a connection.
\set change 004_brokers
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE TABLE brokers (
    id varchar(50) PRIMARY KEY,
    name varchar(100) NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE brokers IS 'What orders.broker_id and broker_connections.broker_name point at.';

CREATE TABLE broker_connections (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users (id),
    broker_name varchar(100) NOT NULL REFERENCES brokers (name) ON UPDATE CASCADE,
    api_key_encrypted bytea NOT NULL,
    api_key_nonce bytea NOT NULL,
    api_key_key_version integer NOT NULL,
    api_secret_encrypted bytea,
    api_secret_nonce bytea,
    api_secret_key_version integer,
    additional_credentials_encrypted bytea,
    additional_credentials_nonce bytea,
    additional_credentials_key_version integer,
    status varchar(20) NOT NULL DEFAULT 'ACTIVE' CHECK (status IN ('ACTIVE', 'INACTIVE', 'ERROR', 'SUSPENDED')),
    last_sync timestamptz,
    error_message text,
    permissions jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT broker_connections_own UNIQUE (id, user_id),
    CONSTRAINT broker_connections_api_key_sealed
        CHECK (app.sealed(api_key_encrypted, api_key_nonce, api_key_key_version)),
    CONSTRAINT broker_connections_api_secret_sealed
        CHECK (app.sealed(api_secret_encrypted, api_secret_nonce, api_secret_key_version)),
    CONSTRAINT broker_connections_additional_credentials_sealed CHECK (
        app.sealed(additional_credentials_encrypted, additional_credentials_nonce, additional_credentials_key_version)),
    CONSTRAINT broker_connections_error_said CHECK (status <> 'ERROR' OR error_message IS NOT NULL)
);
CREATE INDEX idx_broker_connections_user_id ON broker_connections (user_id);
CREATE INDEX idx_broker_connections_broker ON broker_connections (broker_name);
\ir ../lib/record.sql
