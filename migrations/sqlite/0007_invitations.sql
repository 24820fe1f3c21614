-- A row is an invitation to sign up, neither used nor revoked: both remove it, and the audit trail says so.
CREATE TABLE invitation (
    -- `inv_` and 26 characters: a public handle that opens nothing.
    id           TEXT NOT NULL
        CONSTRAINT invitation_pk PRIMARY KEY
        CONSTRAINT invitation_id_shape CHECK (id GLOB 'inv_*' AND length(id) = 30),

    -- SHA-256 of the secret in the link. The secret itself is stored nowhere.
    token_digest BLOB NOT NULL
        CONSTRAINT invitation_token_digest_unique UNIQUE
        CONSTRAINT invitation_token_digest_is_32_bytes CHECK (length(token_digest) = 32),

    -- The only address that may sign up with it, in lower case. Null for any.
    email        TEXT
        CONSTRAINT invitation_email_is_lower_case CHECK (email = lower(email) AND email LIKE '_%@_%'),

    -- Who made it, in words.
    created_by   TEXT NOT NULL
        CONSTRAINT invitation_created_by_given CHECK (created_by <> ''),

    -- Unix milliseconds: when it was made.
    created_at   INTEGER NOT NULL,

    -- Unix milliseconds: the first instant at which it can no longer be used.
    expires_at   INTEGER NOT NULL
        CONSTRAINT invitation_expires_after_it_was_made CHECK (expires_at > created_at)
) STRICT;

-- Serves the purge.
CREATE INDEX invitation_by_expiry ON invitation (expires_at);
