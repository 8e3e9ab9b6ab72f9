-- Roles and the database; passwords come from the environment, and are not written to the log.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
\getenv monitoring MONITORING_PASSWORD
\getenv export EXPORT_PASSWORD
\getenv restore_test RESTORE_TEST_PASSWORD
\getenv migrations MIGRATIONS_PASSWORD
\getenv cache_warmer CACHE_WARMER_PASSWORD
\getenv database DATABASE

SELECT format('CREATE ROLE %I LOGIN', name)
  FROM unnest(ARRAY['monitoring', 'export', 'restore_test', 'migrations', 'cache_warmer']) name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec
ALTER ROLE monitoring CONNECTION LIMIT 5 PASSWORD :'monitoring';
ALTER ROLE export CONNECTION LIMIT 5 PASSWORD :'export';
ALTER ROLE restore_test CONNECTION LIMIT 5 PASSWORD :'restore_test';
-- What it may read, the migrations give it.
ALTER ROLE cache_warmer CONNECTION LIMIT 20 PASSWORD :'cache_warmer';
ALTER ROLE migrations CREATEROLE CONNECTION LIMIT 10 PASSWORD :'migrations';
GRANT pg_monitor TO monitoring, restore_test;
-- The migrations take the database from everybody and give it to roles, which they leave as they are where they find them.
SELECT format('CREATE ROLE %I NOLOGIN', name)
  FROM unnest(ARRAY['monitoring_role', 'backup_role']) name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec
GRANT monitoring_role TO monitoring;
GRANT backup_role TO export, restore_test;
GRANT pg_read_all_data TO export, restore_test;

SELECT format('CREATE DATABASE %I', :'database')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database')
\gexec
ALTER DATABASE :"database" OWNER TO migrations;
