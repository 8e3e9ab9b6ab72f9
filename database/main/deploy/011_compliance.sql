-- Section 4.2, compliance.
\set change 011_compliance
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE TABLE kyc_records (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users (id),
    kyc_level counter NOT NULL,
    document_type varchar(50) NOT NULL,
    document_number_encrypted bytea,
    document_number_nonce bytea,
    document_number_key_version integer,
    document_country country,
    first_name varchar(100),
    last_name varchar(100),
    date_of_birth_encrypted bytea,
    date_of_birth_nonce bytea,
    date_of_birth_key_version integer,
    address_line1 varchar(255),
    address_line2 varchar(255),
    city varchar(100),
    state varchar(100),
    postal_code varchar(20),
    country country,
    verification_status varchar(20) NOT NULL DEFAULT 'PENDING'
        CHECK (verification_status IN ('PENDING', 'IN_PROGRESS', 'APPROVED', 'REJECTED', 'EXPIRED')),
    verification_method varchar(50),
    verified_at timestamptz,
    expires_at timestamptz,
    notes text,
    metadata jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT kyc_records_document_number_sealed
        CHECK (app.sealed(document_number_encrypted, document_number_nonce, document_number_key_version)),
    CONSTRAINT kyc_records_date_of_birth_sealed
        CHECK (app.sealed(date_of_birth_encrypted, date_of_birth_nonce, date_of_birth_key_version)),
    CONSTRAINT kyc_records_approved_when CHECK (verification_status <> 'APPROVED' OR verified_at IS NOT NULL),
    CONSTRAINT kyc_records_expire_later CHECK (expires_at > verified_at)
);
CREATE INDEX idx_kyc_records_user_id ON kyc_records (user_id);
CREATE INDEX idx_kyc_records_status ON kyc_records (verification_status);

CREATE TABLE aml_alerts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users (id),
    alert_type varchar(50) NOT NULL,
    severity varchar(20) NOT NULL DEFAULT 'MEDIUM' CHECK (severity IN ('LOW', 'MEDIUM', 'HIGH', 'CRITICAL')),
    description text,
    triggered_by jsonb,
    status varchar(20) NOT NULL DEFAULT 'OPEN' CHECK (status IN ('OPEN', 'INVESTIGATING', 'RESOLVED', 'FALSE_POSITIVE')),
    assigned_to uuid REFERENCES users (id),
    resolution_notes text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    resolved_at timestamptz,
    CONSTRAINT aml_alerts_resolved_when
        CHECK ((status IN ('RESOLVED', 'FALSE_POSITIVE')) = (resolved_at IS NOT NULL))
);
CREATE INDEX idx_aml_alerts_user_id ON aml_alerts (user_id);
CREATE INDEX idx_aml_alerts_assigned_to ON aml_alerts (assigned_to);
CREATE INDEX idx_aml_alerts_status ON aml_alerts (status);
CREATE INDEX idx_aml_alerts_severity ON aml_alerts (severity);
\ir ../lib/record.sql
