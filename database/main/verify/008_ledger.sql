\set objects 'ledger_entries ledger_accounts app.journal_balances() app.project_wallets() app.open_accounts()'
\ir ../lib/verify.sql
