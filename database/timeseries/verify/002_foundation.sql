\set objects 'app.current_user_id() app.timeframe_length(text) time_bucket(interval,timestamptz)'
\ir ../lib/verify.sql
