-- Section 4.2, asset management. Balances follow the ledger of the next two changes; nothing else moves them.
\set change 007_wallets
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE TABLE wallets (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users (id),
    currency currency NOT NULL,
    balance amount NOT NULL DEFAULT 0,
    available_balance amount NOT NULL DEFAULT 0,
    locked_balance amount NOT NULL DEFAULT 0,
    wallet_type varchar(20) NOT NULL DEFAULT 'TRADING' CHECK (wallet_type IN ('TRADING', 'PAPER', 'SAVINGS')),
    book varchar(5) NOT NULL GENERATED ALWAYS AS (CASE wallet_type WHEN 'PAPER' THEN 'PAPER' ELSE 'LIVE' END) STORED,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT wallets_one_each UNIQUE (user_id, currency, wallet_type),
    CONSTRAINT wallets_own UNIQUE (id, user_id, currency),
    CONSTRAINT wallets_book UNIQUE (id, user_id, currency, book),
    CONSTRAINT wallets_add_up CHECK (balance = available_balance + locked_balance)
);
COMMENT ON COLUMN wallets.book IS 'Paper money and real money never meet in one journal.';

-- One posting to the ledger: its entries sum to zero in each currency, or it does not exist.
CREATE TABLE ledger_journals (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    book varchar(5) NOT NULL CHECK (book IN ('LIVE', 'PAPER')),
    user_id uuid REFERENCES users (id),
    idempotency_key varchar(100) NOT NULL,
    request jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT ledger_journals_once UNIQUE NULLS NOT DISTINCT (user_id, idempotency_key),
    CONSTRAINT ledger_journals_book UNIQUE (id, book),
    CONSTRAINT ledger_journals_own UNIQUE (id, user_id)
);
COMMENT ON COLUMN ledger_journals.request IS 'What was asked for under the key; the same key with another request is refused.';

CREATE TABLE transactions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id uuid NOT NULL REFERENCES users (id),
    wallet_id uuid NOT NULL,
    journal_id uuid,
    type varchar(20) NOT NULL
        CHECK (type IN ('DEPOSIT', 'WITHDRAWAL', 'TRANSFER', 'TRADE', 'FEE', 'COMMISSION')),
    direction varchar(6) NOT NULL CHECK (direction IN ('CREDIT', 'DEBIT')),
    currency currency NOT NULL,
    amount positive_amount NOT NULL,
    fee amount NOT NULL DEFAULT 0,
    status varchar(20) NOT NULL DEFAULT 'PENDING'
        CHECK (status IN ('PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'CANCELLED')),
    idempotency_key varchar(100) NOT NULL DEFAULT gen_random_uuid()::text,
    external_id varchar(255),
    reference_id varchar(255),
    description text,
    metadata jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT transactions_own UNIQUE (id, user_id),
    CONSTRAINT transactions_once UNIQUE (user_id, idempotency_key),
    CONSTRAINT transactions_once_outside UNIQUE (type, external_id),
    CONSTRAINT transactions_own_wallet
        FOREIGN KEY (wallet_id, user_id, currency) REFERENCES wallets (id, user_id, currency),
    CONSTRAINT transactions_own_journal FOREIGN KEY (journal_id, user_id) REFERENCES ledger_journals (id, user_id),
    CONSTRAINT transactions_direction_of_type CHECK (
        CASE type WHEN 'DEPOSIT' THEN direction = 'CREDIT' WHEN 'WITHDRAWAL' THEN direction = 'DEBIT'
                  WHEN 'FEE' THEN direction = 'DEBIT' ELSE true END),
    CONSTRAINT transactions_posted_when_completed CHECK ((status = 'COMPLETED') = (journal_id IS NOT NULL))
);
COMMENT ON COLUMN transactions.amount IS 'Always positive; direction says whether the wallet gains or loses it.';
CREATE INDEX idx_transactions_wallet_id ON transactions (wallet_id, user_id, currency);
CREATE INDEX idx_transactions_journal_id ON transactions (journal_id, user_id);
CREATE INDEX idx_transactions_type ON transactions (type, status);
CREATE INDEX idx_transactions_status ON transactions (status);
CREATE INDEX idx_transactions_created_at ON transactions (created_at);
CREATE INDEX idx_transactions_user_type_date ON transactions (user_id, type, created_at);

CREATE TRIGGER transactions_final BEFORE UPDATE ON transactions FOR EACH ROW
    WHEN (OLD.status IN ('COMPLETED', 'FAILED', 'CANCELLED'))
    EXECUTE FUNCTION app.refuse('a transaction that is over is not changed; post another one');
\ir ../lib/record.sql
