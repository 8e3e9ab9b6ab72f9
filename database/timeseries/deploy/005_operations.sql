-- Section 5.2: how the services do.
\set change 005_operations
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE TABLE system_metrics (
    time timestamptz NOT NULL CHECK (isfinite(time)),
    service_name label NOT NULL,
    metric_name label NOT NULL,
    metric_value measurement NOT NULL,
    metric_type text NOT NULL CHECK (metric_type IN ('COUNTER', 'GAUGE', 'HISTOGRAM')),
    tags jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(tags) = 'object' AND octet_length(tags::text) <= 1000),
    -- Two pods of a service measure the same thing at the same time; their tags tell them apart.
    PRIMARY KEY (service_name, metric_name, tags, time),
    CONSTRAINT system_metrics_counts CHECK (metric_type = 'GAUGE' OR metric_value >= 0)
);
SELECT create_hypertable('system_metrics', 'time', chunk_time_interval => interval '1 day', create_default_indexes => false) \g /dev/null
CREATE INDEX idx_system_metrics_service_time ON system_metrics (service_name, time DESC);

-- Events, of which two may be alike: no key.
CREATE TABLE latency_metrics (
    time timestamptz NOT NULL CHECK (isfinite(time)),
    operation label NOT NULL,
    latency_ms measurement NOT NULL CHECK (latency_ms >= 0),
    success boolean NOT NULL DEFAULT true,
    user_id uuid,
    source label
);
SELECT create_hypertable('latency_metrics', 'time', chunk_time_interval => interval '1 day', create_default_indexes => false) \g /dev/null
CREATE INDEX idx_latency_metrics_operation_time ON latency_metrics (operation, time DESC);

CREATE VIEW operation_latency AS
    SELECT time, operation, latency_ms, success, source FROM latency_metrics;
COMMENT ON VIEW operation_latency IS 'Without whose request it was.';
\ir ../lib/record.sql
