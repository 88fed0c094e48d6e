-- Roles on PostgreSQL. Run once as an administrator, in the service's own database:
--     psql -d ecard -f deploy/postgresql.sql
-- then run migrations as ecard_migrator, and this file again after each migration.
-- Passwords are set apart:  \password ecard_app
--
--   ecard_migrator  owns the tables; used by `python -m ecard migrate` only
--   ecard_app       the service: no DDL, and no UPDATE or DELETE on what nobody changes
--   ecard_auditor   reads the audit, for `python -m ecard audit-verify`

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['ecard_migrator', 'ecard_app', 'ecard_auditor'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I LOGIN', name);
        END IF;
    END LOOP;
END $$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO ecard_migrator;
GRANT USAGE ON SCHEMA public TO ecard_app, ecard_auditor;

ALTER DEFAULT PRIVILEGES FOR ROLE ecard_migrator IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ecard_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ecard_app;

-- The tables of ecard/immutable.py, and the record of which migrations ran.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['acknowledgements', 'acts', 'audit_rows', 'card_application_moves',
                                'certifications', 'consents', 'decisions', 'face_erasures',
                                'face_withdrawal_files', 'face_withdrawals', 'link_changes', 'notices',
                                'transfer_moves'] LOOP
        IF to_regclass('public.' || name) IS NOT NULL THEN
            EXECUTE format('REVOKE UPDATE, DELETE ON %I FROM ecard_app', name);
        END IF;
    END LOOP;
    IF to_regclass('public.alembic_version') IS NOT NULL THEN
        REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM ecard_app;
    END IF;
    IF to_regclass('public.audit_rows') IS NOT NULL THEN
        GRANT SELECT ON audit_rows, audit_head TO ecard_auditor;
    END IF;
END $$;
