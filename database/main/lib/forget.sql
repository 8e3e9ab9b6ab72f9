-- The end of a revert.
DELETE FROM public.schema_migrations WHERE name = :'change';
COMMIT;
