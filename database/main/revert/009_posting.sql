\set change 009_posting
\ir ../lib/begin.sql
\if :applied
\else
\q
\endif
DROP FUNCTION settle_transaction(uuid),
    reserve(uuid, numeric, text),
    transfer(uuid, uuid, numeric, text),
    post_transaction(uuid, text, text, numeric, text, numeric, text, text, text),
    app.post_movement(wallets, text, text, numeric, numeric, text, jsonb),
    app.account(wallets, text),
    app.own_wallet(uuid),
    app.post(uuid, text, text, jsonb, ledger_line[]);
DROP TYPE ledger_line;
\ir ../lib/forget.sql
