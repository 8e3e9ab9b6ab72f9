-- The end of a deploy: the change and its entry are committed together, or neither is.
INSERT INTO public.schema_migrations (version, name) VALUES (split_part(:'change', '_', 1), :'change');
\if :{?dry_run}
\else
COMMIT;
\endif
