-- Roles and schemas of one KEM database; run by a superuser with psql, once per schema, repeat-safe:
--
--   KEM_MIGRATOR_PASSWORD=… KEM_CHECK_PASSWORD=… KEM_APP_PASSWORD=… KEM_WORKER_PASSWORD=… \
--     psql -X -v ON_ERROR_STOP=1 -v schema=referral -f roles.sql "dbname=kem"
--
-- <schema>_owner   owns the tables, cannot log in; migrations act as it
-- <schema>_app     answers calls: row-level security binds it to the caller's agency
-- <schema>_worker  batches and timers: a policy of its own
-- kem_migrator     logs in to migrate, may act as every owner
-- kem_check        reads everything and writes nothing (./kem check, ./kem trace, ./kem backup)

\getenv migrator_password KEM_MIGRATOR_PASSWORD
\getenv check_password KEM_CHECK_PASSWORD
\getenv app_password KEM_APP_PASSWORD
\getenv worker_password KEM_WORKER_PASSWORD

BEGIN;

-- roles belong to the whole server: one such script at a time, whatever the database
LOCK TABLE pg_authid IN SHARE ROW EXCLUSIVE MODE;

SELECT format('CREATE ROLE %I NOLOGIN', :'schema' || '_owner')
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'schema' || '_owner') \gexec

SELECT format('CREATE ROLE %I LOGIN', login)
FROM unnest(ARRAY[:'schema' || '_app', :'schema' || '_worker', 'kem_migrator', 'kem_check']) AS login
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login) \gexec

SELECT format('ALTER ROLE %I PASSWORD %L', login, password)
FROM (VALUES
    (:'schema' || '_app', :'app_password'),
    (:'schema' || '_worker', :'worker_password'),
    ('kem_migrator', :'migrator_password'),
    ('kem_check', :'check_password')
) AS logins (login, password) \gexec

-- a connection finds its schema by its role, so that no statement names one
SELECT format('ALTER ROLE %I SET search_path = %I', :'schema' || suffix, :'schema')
FROM unnest(ARRAY['_owner', '_app', '_worker']) AS suffix \gexec
SELECT format('ALTER ROLE %I SET timezone = ''UTC''', login)
FROM unnest(ARRAY[:'schema' || '_app', :'schema' || '_worker', 'kem_migrator', 'kem_check']) AS login \gexec
ALTER ROLE kem_check BYPASSRLS;
ALTER ROLE kem_check SET default_transaction_read_only = on;

SELECT format('GRANT %I TO kem_migrator WITH INHERIT FALSE, SET TRUE', :'schema' || '_owner') \gexec

REVOKE ALL ON SCHEMA public FROM PUBLIC;
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()) \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO %I, %I, kem_migrator, kem_check',
              current_database(), :'schema' || '_app', :'schema' || '_worker') \gexec
SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), :'schema' || '_owner') \gexec

SELECT format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION %I', :'schema', :'schema' || '_owner') \gexec
SELECT format('GRANT USAGE ON SCHEMA %I TO %I, %I, kem_check',
              :'schema', :'schema' || '_app', :'schema' || '_worker') \gexec

SELECT format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT %s',
              :'schema' || '_owner', :'schema', what)
FROM (VALUES
    (format('SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I, %I', :'schema' || '_app', :'schema' || '_worker')),
    (format('USAGE, SELECT ON SEQUENCES TO %I, %I', :'schema' || '_app', :'schema' || '_worker')),
    ('SELECT ON TABLES TO kem_check'),
    ('SELECT ON SEQUENCES TO kem_check')
) AS grants (what) \gexec
-- sequences made before this line was here: a backup reads them
SELECT format('GRANT SELECT ON ALL SEQUENCES IN SCHEMA %I TO kem_check', :'schema') \gexec

COMMIT;
