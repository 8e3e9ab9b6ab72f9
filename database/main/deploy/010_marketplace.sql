-- Section 4.2, marketplace.
\set change 010_marketplace
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE TABLE developer_profiles (
    user_id uuid PRIMARY KEY REFERENCES users (id),
    display_name varchar(100),
    bio text,
    website_url varchar(255),
    github_url varchar(255),
    linkedin_url varchar(255),
    total_strategies counter NOT NULL DEFAULT 0,
    total_downloads counter NOT NULL DEFAULT 0,
    average_rating rating NOT NULL DEFAULT 0,
    total_revenue amount NOT NULL DEFAULT 0,
    verified boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE marketplace_strategies (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    strategy_id uuid NOT NULL,
    developer_id uuid NOT NULL REFERENCES users (id),
    title varchar(255) NOT NULL,
    short_description varchar(500),
    long_description text,
    category varchar(100),
    tags text[] NOT NULL DEFAULT '{}',
    price_model varchar(20) NOT NULL DEFAULT 'FREE' CHECK (price_model IN ('FREE', 'REVENUE_SHARE', 'FIXED')),
    price positive_amount,
    revenue_share_percent percent,
    performance_metrics jsonb,
    minimum_capital amount,
    risk_level varchar(20) CHECK (risk_level IN ('LOW', 'MEDIUM', 'HIGH', 'VERY_HIGH')),
    supported_markets text[] NOT NULL DEFAULT '{}',
    supported_timeframes text[] NOT NULL DEFAULT '{}',
    version varchar(20) NOT NULL DEFAULT '1.0.0',
    status varchar(20) NOT NULL DEFAULT 'DRAFT'
        CHECK (status IN ('DRAFT', 'PENDING_REVIEW', 'APPROVED', 'REJECTED', 'SUSPENDED')),
    downloads_count counter NOT NULL DEFAULT 0,
    average_rating rating NOT NULL DEFAULT 0,
    reviews_count counter NOT NULL DEFAULT 0,
    published_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT marketplace_strategies_own_strategy
        FOREIGN KEY (strategy_id, developer_id) REFERENCES strategies (id, user_id),
    CONSTRAINT marketplace_strategies_version UNIQUE (strategy_id, version),
    CONSTRAINT marketplace_strategies_priced CHECK (
        (price IS NOT NULL) = (price_model = 'FIXED')
        AND (revenue_share_percent IS NOT NULL) = (price_model = 'REVENUE_SHARE')),
    CONSTRAINT marketplace_strategies_approved_when CHECK (status <> 'APPROVED' OR published_at IS NOT NULL)
);
CREATE INDEX idx_marketplace_strategies_strategy_id ON marketplace_strategies (strategy_id, developer_id);
CREATE INDEX idx_marketplace_strategies_developer_id ON marketplace_strategies (developer_id);
CREATE INDEX idx_marketplace_strategies_category ON marketplace_strategies (category);
CREATE INDEX idx_marketplace_strategies_status ON marketplace_strategies (status);
CREATE INDEX idx_marketplace_strategies_rating ON marketplace_strategies (average_rating);
CREATE INDEX idx_marketplace_strategies_active ON marketplace_strategies (category, average_rating) WHERE status = 'APPROVED';

CREATE TABLE marketplace_purchases (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    marketplace_strategy_id uuid NOT NULL REFERENCES marketplace_strategies (id),
    user_id uuid NOT NULL REFERENCES users (id),
    transaction_id uuid,
    price_paid amount NOT NULL DEFAULT 0,
    currency currency,
    purchased_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT marketplace_purchases_once UNIQUE (marketplace_strategy_id, user_id),
    CONSTRAINT marketplace_purchases_own UNIQUE (id, marketplace_strategy_id, user_id),
    CONSTRAINT marketplace_purchases_own_transaction
        FOREIGN KEY (transaction_id, user_id) REFERENCES transactions (id, user_id),
    CONSTRAINT marketplace_purchases_paid CHECK (num_nulls(transaction_id, currency) = CASE WHEN price_paid = 0 THEN 2 ELSE 0 END)
);
COMMENT ON TABLE marketplace_purchases IS 'What price_model FIXED sells, and what makes a review a verified one.';
CREATE INDEX idx_marketplace_purchases_user_id ON marketplace_purchases (user_id);
CREATE INDEX idx_marketplace_purchases_transaction_id ON marketplace_purchases (transaction_id, user_id);

CREATE TABLE strategy_reviews (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    marketplace_strategy_id uuid NOT NULL REFERENCES marketplace_strategies (id),
    user_id uuid NOT NULL REFERENCES users (id),
    purchase_id uuid,
    rating integer NOT NULL CHECK (rating >= 1 AND rating <= 5),
    title varchar(255),
    content text,
    is_verified_purchase boolean NOT NULL GENERATED ALWAYS AS (purchase_id IS NOT NULL) STORED,
    helpful_votes counter NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT strategy_reviews_one_each UNIQUE (marketplace_strategy_id, user_id),
    CONSTRAINT strategy_reviews_own_purchase FOREIGN KEY (purchase_id, marketplace_strategy_id, user_id)
        REFERENCES marketplace_purchases (id, marketplace_strategy_id, user_id)
);
CREATE INDEX idx_strategy_reviews_user_id ON strategy_reviews (user_id);
CREATE INDEX idx_strategy_reviews_purchase_id ON strategy_reviews (purchase_id, marketplace_strategy_id, user_id);
CREATE INDEX idx_strategy_reviews_rating ON strategy_reviews (rating);

CREATE TABLE strategy_usage_metrics (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    marketplace_strategy_id uuid NOT NULL REFERENCES marketplace_strategies (id),
    user_id uuid NOT NULL REFERENCES users (id),
    strategy_instance_id uuid,
    period_start date NOT NULL,
    period_end date NOT NULL,
    trades_count counter NOT NULL DEFAULT 0,
    volume_traded amount NOT NULL DEFAULT 0,
    fees_generated amount NOT NULL DEFAULT 0,
    revenue_share amount NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT strategy_usage_metrics_own_instance
        FOREIGN KEY (strategy_instance_id, user_id) REFERENCES strategy_instances (id, user_id),
    CONSTRAINT strategy_usage_metrics_period CHECK (period_end >= period_start),
    CONSTRAINT strategy_usage_metrics_once
        UNIQUE NULLS NOT DISTINCT (marketplace_strategy_id, user_id, strategy_instance_id, period_start)
);
CREATE INDEX idx_strategy_usage_metrics_user_id ON strategy_usage_metrics (user_id);
CREATE INDEX idx_strategy_usage_metrics_instance_id ON strategy_usage_metrics (strategy_instance_id, user_id);
CREATE INDEX idx_strategy_usage_metrics_period ON strategy_usage_metrics (period_start, period_end);
\ir ../lib/record.sql
