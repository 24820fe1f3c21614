-- A row is a human being who signs in.
CREATE TABLE person (
    -- `user_` and 26 characters.
    id            TEXT NOT NULL
        CONSTRAINT person_pk PRIMARY KEY
        CONSTRAINT person_id_shape CHECK (id GLOB 'user_*' AND length(id) = 31),

    -- What they sign in with, in lower case, so that one person cannot sign up twice by capitals.
    email         TEXT NOT NULL
        CONSTRAINT person_email_unique UNIQUE
        CONSTRAINT person_email_is_lower_case CHECK (email = lower(email) AND email LIKE '_%@_%'),

    -- An argon2id hash in PHC format. Null until a password is set: such a person cannot sign in.
    password_hash TEXT
        CONSTRAINT person_password_hash_is_argon2id CHECK (password_hash LIKE '$argon2id$%'),

    -- Unix milliseconds: when they came.
    created_at    INTEGER NOT NULL
) STRICT;

-- A row is what owns keys: a customer, whoever its people are.
CREATE TABLE account (
    -- `acct_` and 26 characters.
    id          TEXT NOT NULL
        CONSTRAINT account_pk PRIMARY KEY
        CONSTRAINT account_id_shape CHECK (id GLOB 'acct_*' AND length(id) = 31),

    -- What people call it; may be empty.
    name        TEXT NOT NULL
        CONSTRAINT account_name_is_short CHECK (length(name) <= 100),

    -- The company's own customer id. Null when none was given.
    external_id TEXT
        CONSTRAINT account_external_id_unique UNIQUE
        CONSTRAINT account_external_id_length CHECK (length(external_id) BETWEEN 1 AND 200),

    -- Unix milliseconds: when it was made.
    created_at  INTEGER NOT NULL,

    -- Unix milliseconds: when it was disabled. Null while it works.
    disabled_at INTEGER
) STRICT;

-- A row is a person being in an account.
CREATE TABLE membership (
    -- Counts up in the order of joining. "The first account somebody joined" is read from this and not from a clock,
    -- which may step back.
    number     INTEGER NOT NULL
        CONSTRAINT membership_pk PRIMARY KEY,

    -- The account.
    account_id TEXT NOT NULL
        CONSTRAINT membership_account_fk REFERENCES account (id),

    -- The person.
    user_id    TEXT NOT NULL
        CONSTRAINT membership_person_fk REFERENCES person (id),

    -- What they are there; domain::Role holds the table of what each may do.
    role       TEXT NOT NULL
        CONSTRAINT membership_role_is_known CHECK (role IN ('owner', 'developer', 'viewer')),

    CONSTRAINT membership_once UNIQUE (account_id, user_id)
) STRICT;

-- Serves "the first account this person joined", read on every page.
CREATE INDEX membership_of_person ON membership (user_id, number);
