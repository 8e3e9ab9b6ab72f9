-- How services move money. Each function is a posting under an idempotency key: repeated, it answers what the first did.
\set change 009_posting
\ir ../lib/begin.sql
\if :applied \q
\endif

CREATE TYPE ledger_line AS (account_id uuid, amount numeric);

CREATE FUNCTION app.post(owner uuid, journal_book text, key text, asked jsonb, lines ledger_line[], OUT journal uuid, OUT made boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    earlier jsonb;
BEGIN
    INSERT INTO ledger_journals (book, user_id, idempotency_key, request)
    VALUES (journal_book, owner, key, asked)
    ON CONFLICT ON CONSTRAINT ledger_journals_once DO NOTHING
    RETURNING id INTO journal;
    made := journal IS NOT NULL;
    IF made THEN
        INSERT INTO ledger_entries (journal_id, account_id, user_id, currency, book, amount)
        SELECT journal, a.id, a.user_id, a.currency, a.book, line.amount
        FROM unnest(lines) line LEFT JOIN ledger_accounts a ON a.id = line.account_id;
        RETURN;
    END IF;
    SELECT id, request INTO journal, earlier
    FROM ledger_journals WHERE user_id IS NOT DISTINCT FROM owner AND idempotency_key = key;
    IF earlier <> asked THEN
        RAISE EXCEPTION 'idempotency key % was used for another request: %', key, earlier USING ERRCODE = 'unique_violation';
    END IF;
END
$$;
COMMENT ON FUNCTION app.post IS 'Writes a journal once. made is false where it was there already.';

CREATE FUNCTION app.own_wallet(wallet uuid) RETURNS wallets
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    found_wallet wallets;
BEGIN
    SELECT * INTO found_wallet FROM wallets WHERE id = wallet AND user_id = app.current_user_id();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no wallet % of the current user', wallet USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN found_wallet;
END
$$;

CREATE FUNCTION app.account(wallet wallets, wanted text) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
AS $$
    SELECT id FROM ledger_accounts
    WHERE wallet_id IS NOT DISTINCT FROM CASE WHEN wanted IN ('AVAILABLE', 'LOCKED') THEN wallet.id END
      AND kind = wanted AND currency = wallet.currency AND book = wallet.book;
$$;

CREATE FUNCTION app.post_movement(
    wallet wallets, type text, direction text, amount numeric, fee numeric, key text, asked jsonb,
    OUT journal uuid, OUT made boolean
)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    signed numeric := CASE direction WHEN 'CREDIT' THEN amount ELSE -amount END;
    counterpart text := CASE type
        WHEN 'DEPOSIT' THEN 'CUSTODY' WHEN 'WITHDRAWAL' THEN 'CUSTODY' WHEN 'FEE' THEN 'FEES'
        WHEN 'COMMISSION' THEN 'COMMISSION' ELSE 'CLEARING' END;
    lines ledger_line[] := ARRAY[(app.account(wallet, 'AVAILABLE'), signed - fee)::ledger_line,
                                 (app.account(wallet, counterpart), -signed)::ledger_line];
    posted record;
BEGIN
    IF type = 'TRANSFER' THEN
        RAISE EXCEPTION 'a transfer has two sides; call transfer()' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF fee <> 0 THEN
        lines := lines || (app.account(wallet, 'FEES'), fee)::ledger_line;
    END IF;
    SELECT * INTO posted FROM app.post(wallet.user_id, wallet.book, key, asked, lines);
    journal := posted.journal;
    made := posted.made;
END
$$;
COMMENT ON FUNCTION app.post_movement IS 'Between a wallet and the house: who is on the other side follows from the type.';

CREATE FUNCTION post_transaction(
    wallet uuid, type text, direction text, amount numeric, key text,
    fee numeric DEFAULT 0, external_id text DEFAULT NULL, reference_id text DEFAULT NULL, description text DEFAULT NULL
) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    mine wallets := app.own_wallet(wallet);
    posted record;
    answer uuid;
BEGIN
    SELECT * INTO posted FROM app.post_movement(mine, type, direction, amount, fee, key, jsonb_build_object(
        'wallet', wallet, 'type', type, 'direction', direction, 'amount', trim_scale(amount), 'fee', trim_scale(fee),
        'external_id', external_id));
    IF posted.made THEN
        INSERT INTO transactions (user_id, wallet_id, journal_id, type, direction, currency, amount, fee, status,
                                  idempotency_key, external_id, reference_id, description)
        VALUES (mine.user_id, mine.id, posted.journal, post_transaction.type, post_transaction.direction, mine.currency,
                post_transaction.amount, post_transaction.fee, 'COMPLETED', key, post_transaction.external_id,
                post_transaction.reference_id, post_transaction.description)
        RETURNING id INTO answer;
    ELSE
        SELECT id INTO answer FROM transactions WHERE journal_id = posted.journal;
    END IF;
    RETURN answer;
END
$$;
COMMENT ON FUNCTION post_transaction IS 'Moves money between a wallet of the current user and the house. Returns the transaction''s id.';

CREATE FUNCTION transfer(from_wallet uuid, to_wallet uuid, amount numeric, key text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    source wallets := app.own_wallet(from_wallet);
    target wallets := app.own_wallet(to_wallet);
    posted record;
BEGIN
    IF transfer.amount IS NULL OR NOT transfer.amount > 0 THEN
        RAISE EXCEPTION 'amount is %; a transfer moves more than nothing', transfer.amount USING ERRCODE = 'check_violation';
    END IF;
    IF source.currency <> target.currency THEN
        RAISE EXCEPTION 'a transfer keeps its currency; these are % and %', source.currency, target.currency
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT * INTO posted FROM app.post(source.user_id, source.book, key,
        jsonb_build_object('from', from_wallet, 'to', to_wallet, 'amount', trim_scale(transfer.amount)),
        ARRAY[(app.account(source, 'AVAILABLE'), -transfer.amount)::ledger_line,
              (app.account(target, 'AVAILABLE'), transfer.amount)::ledger_line]);
    IF posted.made THEN
        INSERT INTO transactions (user_id, wallet_id, journal_id, type, direction, currency, amount, status, idempotency_key)
        VALUES (source.user_id, source.id, posted.journal, 'TRANSFER', 'DEBIT', source.currency, transfer.amount, 'COMPLETED', key || ':debit'),
               (target.user_id, target.id, posted.journal, 'TRANSFER', 'CREDIT', target.currency, transfer.amount, 'COMPLETED', key || ':credit');
    END IF;
    RETURN posted.journal;
END
$$;
COMMENT ON FUNCTION transfer IS 'Moves money between two wallets of the current user, of one currency and one book. Returns the journal''s id.';

CREATE FUNCTION reserve(wallet uuid, amount numeric, key text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    mine wallets := app.own_wallet(wallet);
    posted record;
BEGIN
    SELECT * INTO posted FROM app.post(mine.user_id, mine.book, key,
        jsonb_build_object('wallet', wallet, 'reserve', trim_scale(reserve.amount)),
        ARRAY[(app.account(mine, 'AVAILABLE'), -reserve.amount)::ledger_line,
              (app.account(mine, 'LOCKED'), reserve.amount)::ledger_line]);
    RETURN posted.journal;
END
$$;
COMMENT ON FUNCTION reserve IS 'Locks an amount for an open order; a negative amount releases it. Returns the journal''s id.';

CREATE FUNCTION settle_transaction(transaction uuid) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public
AS $$
DECLARE
    pending transactions;
    journal uuid;
BEGIN
    SELECT * INTO pending FROM transactions
    WHERE id = transaction AND user_id = app.current_user_id() FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no transaction % of the current user', transaction USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF pending.status IN ('PENDING', 'PROCESSING') THEN
        SELECT posted.journal INTO journal FROM app.post_movement(
            app.own_wallet(pending.wallet_id), pending.type, pending.direction, pending.amount, pending.fee,
            'settle:' || pending.id, jsonb_build_object('settle', pending.id)) posted;
        UPDATE transactions SET status = 'COMPLETED', journal_id = journal WHERE id = pending.id;
        RETURN journal;
    END IF;
    IF pending.status <> 'COMPLETED' THEN
        RAISE EXCEPTION 'transaction % is %; only what is pending is settled', transaction, pending.status
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN pending.journal_id;
END
$$;
COMMENT ON FUNCTION settle_transaction IS 'Moves the money of a pending transaction of the current user, once. Returns the journal''s id.';
\ir ../lib/record.sql
