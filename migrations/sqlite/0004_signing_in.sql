-- A row is one browser in which somebody is signed in.
CREATE TABLE session (
    -- `sess_` and 26 characters: a public handle that opens nothing.
    id           TEXT NOT NULL
        CONSTRAINT session_pk PRIMARY KEY
        CONSTRAINT session_id_shape CHECK (id GLOB 'sess_*' AND length(id) = 31),

    -- SHA-256 of the secret in the cookie. The secret itself is stored nowhere.
    token_digest BLOB NOT NULL
        CONSTRAINT session_token_digest_unique UNIQUE
        CONSTRAINT session_token_digest_is_32_bytes CHECK (length(token_digest) = 32),

    -- Whose it is.
    user_id      TEXT NOT NULL
        CONSTRAINT session_person_fk REFERENCES person (id),

    -- Unix milliseconds: when they signed in.
    created_at   INTEGER NOT NULL,

    -- Unix milliseconds: when it was last used, to the minute.
    last_used_at INTEGER NOT NULL,

    -- Unix milliseconds: when the person last proved who they are in this session.
    password_at  INTEGER NOT NULL,

    -- The address it was opened from. Null when that is not known.
    address      TEXT,

    -- What it was opened with, in the browser's own words. Null when it said nothing.
    user_agent   TEXT
) STRICT;

-- Serves ending all sessions of a person.
CREATE INDEX session_of_person ON session (user_id);

-- Serve the purge.
CREATE INDEX session_by_last_use ON session (last_used_at);
CREATE INDEX session_by_age ON session (created_at);

-- A row is a one-time link, not yet used, with which a person sets a password.
CREATE TABLE password_link (
    -- Whose password it sets. The key, because a new link replaces the one before.
    user_id      TEXT NOT NULL
        CONSTRAINT password_link_pk PRIMARY KEY
        CONSTRAINT password_link_person_fk REFERENCES person (id),

    -- SHA-256 of the secret in the link.
    token_digest BLOB NOT NULL
        CONSTRAINT password_link_token_digest_unique UNIQUE
        CONSTRAINT password_link_token_digest_is_32_bytes CHECK (length(token_digest) = 32),

    -- Unix milliseconds: the first instant at which it can no longer be used.
    expires_at   INTEGER NOT NULL
) STRICT;

-- Serves the purge.
CREATE INDEX password_link_by_expiry ON password_link (expires_at);

-- A row is a window of time in which something guessable was tried: a password, from one address or for one person.
CREATE TABLE attempt (
    -- What is counted together. Not a person's id, so that attempts on addresses nobody has are counted alike.
    bucket     TEXT NOT NULL
        CONSTRAINT attempt_pk PRIMARY KEY
        CONSTRAINT attempt_bucket_given CHECK (bucket <> ''),

    -- Unix milliseconds: when the window began.
    began_at   INTEGER NOT NULL,

    -- How many attempts the window has seen. Stays at the largest 32-bit number instead of overflowing.
    seen       INTEGER NOT NULL
        CONSTRAINT attempt_seen_is_a_count CHECK (seen BETWEEN 1 AND 4294967295)
) STRICT;

-- Serves the purge.
CREATE INDEX attempt_by_age ON attempt (began_at);

-- A row is a browser on which a person has signed in before, signed out or not: throttling treats it more kindly.
CREATE TABLE device (
    -- SHA-256 of the device's cookie.
    token_digest BLOB NOT NULL
        CONSTRAINT device_token_digest_is_32_bytes CHECK (length(token_digest) = 32),

    -- Who signed in on it. Several people may share a device.
    user_id      TEXT NOT NULL
        CONSTRAINT device_person_fk REFERENCES person (id),

    -- Unix milliseconds: when they last signed in there.
    signed_in_at INTEGER NOT NULL,

    CONSTRAINT device_pk PRIMARY KEY (token_digest, user_id)
) STRICT;

-- Serves the purge.
CREATE INDEX device_by_age ON device (signed_in_at);
