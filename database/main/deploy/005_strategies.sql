-- Section 4.2, strategies and machine learning.
\set change 005_strategies
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE TABLE strategies (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users (id),
    name varchar(255) NOT NULL,
    description text,
    type varchar(20) NOT NULL CHECK (type IN ('CODE_BASED', 'NO_CODE', 'TEMPLATE')),
    category varchar(50),
    version varchar(20) NOT NULL DEFAULT '1.0.0',
    code text,
    blocks jsonb,
    parameters jsonb,
    risk_settings jsonb,
    status varchar(20) NOT NULL DEFAULT 'DRAFT' CHECK (status IN ('DRAFT', 'TESTING', 'ACTIVE', 'PAUSED', 'ARCHIVED')),
    is_public boolean NOT NULL DEFAULT false,
    is_template boolean NOT NULL DEFAULT false,
    template_id uuid REFERENCES strategies (id),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT strategies_own UNIQUE (id, user_id),
    CONSTRAINT strategies_not_its_own_template CHECK (template_id <> id)
);
CREATE INDEX idx_strategies_type ON strategies (type);
CREATE INDEX idx_strategies_status ON strategies (status);
CREATE INDEX idx_strategies_public ON strategies (is_public);
CREATE INDEX idx_strategies_template_id ON strategies (template_id);
CREATE INDEX idx_strategies_user_status_type ON strategies (user_id, status, type);

-- The strategy may be another user's: it may have been bought.
CREATE TABLE strategy_instances (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    strategy_id uuid NOT NULL REFERENCES strategies (id),
    user_id uuid NOT NULL REFERENCES users (id),
    name varchar(255) NOT NULL,
    allocated_capital amount,
    current_capital amount,
    max_positions integer NOT NULL DEFAULT 5 CONSTRAINT strategy_instances_max_positions CHECK (max_positions > 0),
    risk_limit_percent percent NOT NULL DEFAULT 5.00,
    status varchar(20) NOT NULL DEFAULT 'STOPPED' CHECK (status IN ('RUNNING', 'STOPPED', 'PAUSED', 'ERROR')),
    instance_type varchar(20) NOT NULL DEFAULT 'LIVE' CHECK (instance_type IN ('LIVE', 'PAPER')),
    started_at timestamptz,
    stopped_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT strategy_instances_own UNIQUE (id, user_id),
    CONSTRAINT strategy_instances_running_since CHECK (status <> 'RUNNING' OR started_at IS NOT NULL)
);
CREATE INDEX idx_strategy_instances_user_id ON strategy_instances (user_id);
CREATE INDEX idx_strategy_instances_strategy_id ON strategy_instances (strategy_id);
CREATE INDEX idx_strategy_instances_status ON strategy_instances (status);
CREATE INDEX idx_strategy_instances_running ON strategy_instances (user_id) WHERE status = 'RUNNING';

CREATE TABLE backtest_results (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    strategy_id uuid NOT NULL REFERENCES strategies (id),
    user_id uuid NOT NULL REFERENCES users (id),
    dataset_id varchar(100) NOT NULL,
    start_date date NOT NULL,
    end_date date NOT NULL,
    initial_capital positive_amount NOT NULL,
    final_capital amount NOT NULL,
    total_trades counter NOT NULL DEFAULT 0,
    winning_trades counter NOT NULL DEFAULT 0,
    losing_trades counter NOT NULL DEFAULT 0,
    win_rate fraction,
    profit_factor ratio,
    sharpe_ratio ratio,
    sortino_ratio ratio,
    max_drawdown fraction,
    max_drawdown_duration counter,
    total_return ratio,
    annual_return ratio,
    volatility ratio,
    beta ratio,
    alpha ratio,
    avg_trade_duration counter,
    largest_win amount,
    largest_loss signed_amount,
    metrics jsonb,
    parameters jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT backtest_results_period CHECK (end_date >= start_date),
    CONSTRAINT backtest_results_trades CHECK (winning_trades + losing_trades <= total_trades)
);
COMMENT ON COLUMN backtest_results.max_drawdown_duration IS 'Days.';
COMMENT ON COLUMN backtest_results.avg_trade_duration IS 'Minutes.';
CREATE INDEX idx_backtest_results_user_id ON backtest_results (user_id);
CREATE INDEX idx_backtest_results_created_at ON backtest_results (created_at);
CREATE INDEX idx_backtest_results_strategy_date ON backtest_results (strategy_id, created_at);

CREATE TABLE training_jobs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    strategy_id uuid NOT NULL,
    user_id uuid NOT NULL REFERENCES users (id),
    job_name varchar(255) NOT NULL,
    job_type varchar(50) NOT NULL,
    dataset_id varchar(100),
    parameters jsonb,
    compute_config jsonb,
    status varchar(20) NOT NULL DEFAULT 'PENDING'
        CHECK (status IN ('PENDING', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED')),
    progress integer NOT NULL DEFAULT 0 CONSTRAINT training_jobs_progress CHECK (progress BETWEEN 0 AND 100),
    logs_url text,
    model_artifacts jsonb,
    metrics jsonb,
    credits_consumed amount NOT NULL DEFAULT 0,
    started_at timestamptz,
    completed_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT training_jobs_own_strategy FOREIGN KEY (strategy_id, user_id) REFERENCES strategies (id, user_id),
    CONSTRAINT training_jobs_completed_when CHECK (status NOT IN ('COMPLETED', 'FAILED') OR completed_at IS NOT NULL)
);
CREATE INDEX idx_training_jobs_user_id ON training_jobs (user_id);
CREATE INDEX idx_training_jobs_strategy_id ON training_jobs (strategy_id, user_id);
CREATE INDEX idx_training_jobs_status ON training_jobs (status, created_at);
\ir ../lib/record.sql
