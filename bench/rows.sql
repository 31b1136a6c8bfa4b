-- What a connection with its grant takes on Postgres, and what a refresh writes there. On an empty database that `grapnel migrate` prepared:
--   psql "$DATABASE_URL" --quiet --file bench/rows.sql
-- Tokens of 1,000 bytes together, sealed; random, as what is encrypted cannot be compressed. What is measured stays there: remove
-- the database afterwards. As a superuser, so that there need be no workspace and no connector.
\set rows 100000
\pset footer off
SET synchronous_commit = off;
SET session_replication_role = replica;
CREATE FUNCTION pg_temp.sealed() RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT left(string_agg(translate(encode(decode(replace(gen_random_uuid()::text, '-', ''), 'hex'), 'base64'), E'\n=', ''), ''), 1400) FROM generate_series(1, 64) $$;
INSERT INTO connection SELECT 'connection_' || gen_random_uuid(), 'w_0', 'c_0', 'Connection ' || i, 'connection ' || i, 'Connection_' || i, 'connection_' || i, 'ADMIN', '[]', '{}', NULL, '[]',
  'CONNECTED', 'OK', 'The credentials were obtained.', 'NONE', 0, NULL, NULL, 3600000, 3400000 + i, 0, 0 FROM generate_series(1, :rows) i;
INSERT INTO connection_grant (id, "workspaceId", "connectionId", "userKey", credentials, "grantedScopes", "missingScopes", "authorizedAt", fence, "refreshFailures", status, state, reason, remedy, since, "expiresAt", "nextRefreshAt", generation)
  SELECT 'grant_' || gen_random_uuid(), 'w_0', id, '', pg_temp.sealed(), '[]', '[]', 0, 0, 0, status, state, reason, remedy, 0, 3600000, "nextRefreshAt", 1 FROM connection;
VACUUM ANALYZE connection, connection_grant;
CHECKPOINT;
SELECT relname AS "table", pg_table_size(oid) / :rows AS "bytes a row", pg_indexes_size(oid) / :rows AS "in indexes" FROM pg_class WHERE relname IN ('connection', 'connection_grant') ORDER BY 1;
SELECT pg_current_wal_lsn() AS before \gset
-- As refreshes come: in no order of the table, each in transactions of its own; 5,000 of them, so that most pages are written for the first time since the checkpoint.
CREATE PROCEDURE pg_temp.refresh() LANGUAGE plpgsql AS $$ DECLARE g record; BEGIN
  FOR g IN SELECT id, "connectionId" FROM connection_grant ORDER BY id LIMIT 5000 LOOP
    UPDATE connection_grant SET "leaseUntil" = 30000, fence = fence + 1 WHERE id = g.id; COMMIT;
    UPDATE connection_grant SET credentials = pg_temp.sealed(), "leaseUntil" = NULL, generation = generation + 1, "expiresAt" = "expiresAt" + 3600000, "nextRefreshAt" = "nextRefreshAt" + 3400000 WHERE id = g.id;
    UPDATE connection SET "expiresAt" = "expiresAt" + 3600000, "nextRefreshAt" = "nextRefreshAt" + 3400000 WHERE id = g."connectionId"; COMMIT;
  END LOOP; END $$;
CALL pg_temp.refresh();
SELECT round((pg_current_wal_lsn() - :'before'::pg_lsn) / 5000) AS "bytes of WAL a refresh, soon after a checkpoint";
SELECT pg_current_wal_lsn() AS before \gset
CALL pg_temp.refresh();
SELECT round((pg_current_wal_lsn() - :'before'::pg_lsn) / 5000) AS "later on";
SELECT pg_stat_force_next_flush() \gset
SELECT relname AS "table", n_tup_upd AS updates, n_tup_hot_upd AS hot FROM pg_stat_user_tables WHERE relname IN ('connection', 'connection_grant') ORDER BY 1;
