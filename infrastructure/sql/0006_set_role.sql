-- From PostgreSQL 16 on, an account with CREATEROLE is made a member of the roles it creates that may give them away,
-- but may not act as them; 0001 takes any member for one that may.
DO $$ BEGIN
    IF current_setting('server_version_num')::integer >= 160000 THEN
        IF NOT pg_has_role(CURRENT_USER, 'countersign_app', 'SET') THEN
            EXECUTE format('GRANT countersign_app TO %I WITH SET TRUE', CURRENT_USER);
        END IF;
    END IF;
END $$;
