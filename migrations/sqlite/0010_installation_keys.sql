-- A row is an installation key: what one of the company's own systems authenticates with to the provisioning API. Rows
-- stay after the key's end, so that records and answers can still name it.
CREATE TABLE installation_key (
    -- Counts up in the order of making. Lists are ordered by this and not by `created_at`, because a clock may step back.
    number               INTEGER NOT NULL
        CONSTRAINT installation_key_pk PRIMARY KEY,

    -- `ikey_` and 26 characters: a public handle that opens nothing.
    id                   TEXT NOT NULL
        CONSTRAINT installation_key_id_unique UNIQUE
        CONSTRAINT installation_key_id_shape CHECK (id GLOB 'ikey_*' AND length(id) = 31),

    -- The operator's name for it. Not unique: a key and the one that took its place have the same.
    name                 TEXT NOT NULL
        CONSTRAINT installation_key_name_length CHECK (length(name) BETWEEN 1 AND 100),

    -- The stable words of domain::Scope, in order, with commas. Not listed here: a new scope must not need a new table.
    scopes               TEXT NOT NULL
        CONSTRAINT installation_key_scopes_given CHECK (scopes <> ''),

    -- HMAC-SHA-256 of the key under a secret derived from the master key. The key itself is stored nowhere.
    digest               BLOB NOT NULL
        CONSTRAINT installation_key_digest_is_32_bytes CHECK (length(digest) = 32),

    -- Which master key the digest was made under.
    digest_master_key_id TEXT NOT NULL
        CONSTRAINT installation_key_digest_master_key_id_given CHECK (digest_master_key_id <> ''),

    -- Who made it, in words.
    created_by           TEXT NOT NULL
        CONSTRAINT installation_key_created_by_given CHECK (created_by <> ''),

    -- Unix milliseconds: when it was made.
    created_at           INTEGER NOT NULL,

    -- Unix milliseconds: when it was last used, to the hour. Null if it never was.
    last_used_at         INTEGER,

    -- Unix milliseconds: the first instant at which a rolled key no longer works. Null for one without a scheduled end.
    expires_at           INTEGER,

    -- Unix milliseconds: when it was ended by a stored fact. At `expires_at` or later the scheduled end was seen to pass;
    -- before it, or without one, the key was revoked.
    ended_at             INTEGER,

    -- Serves authentication.
    CONSTRAINT installation_key_digest_unique UNIQUE (digest, digest_master_key_id)
) STRICT;

-- An end is never taken back and never put off, so a clock that steps back revives nothing.
CREATE TRIGGER installation_key_end_stays AFTER UPDATE ON installation_key
WHEN (OLD.expires_at IS NOT NULL AND NEW.expires_at IS NOT OLD.expires_at)
    OR (OLD.ended_at IS NOT NULL AND NEW.ended_at IS NOT OLD.ended_at)
    OR (OLD.ended_at IS NOT NULL AND NEW.expires_at IS NOT OLD.expires_at)
BEGIN
    SELECT RAISE(ABORT, 'trigger failed: installation_key_end_stays');
END;

-- Apart from its end and its last use, nothing of a key ever changes: above all not what it may do.
CREATE TRIGGER installation_key_identity_stays AFTER UPDATE ON installation_key
WHEN NEW.number IS NOT OLD.number
    OR NEW.id IS NOT OLD.id
    OR NEW.name IS NOT OLD.name
    OR NEW.scopes IS NOT OLD.scopes
    OR NEW.digest IS NOT OLD.digest
    OR NEW.digest_master_key_id IS NOT OLD.digest_master_key_id
    OR NEW.created_by IS NOT OLD.created_by
    OR NEW.created_at IS NOT OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'trigger failed: installation_key_identity_stays');
END;
