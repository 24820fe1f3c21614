-- One row: this database in use, tied to the master key file that seals its keys.
CREATE TABLE installation (
    -- Always 1, so that there is never a second row.
    id               INTEGER NOT NULL
        CONSTRAINT installation_pk PRIMARY KEY
        CONSTRAINT installation_is_one_row CHECK (id = 1),

    -- Unix milliseconds: when the database was first used.
    created_at       INTEGER NOT NULL,

    -- The name of the master key that was current then. No secret.
    master_key_id    TEXT NOT NULL
        CONSTRAINT installation_master_key_id_given CHECK (master_key_id <> ''),

    -- 32 bytes that only the right master key can reproduce: a wrong key file is noticed before it seals anything.
    master_key_check BLOB NOT NULL
        CONSTRAINT installation_master_key_check_is_32_bytes CHECK (length(master_key_check) = 32)
) STRICT;
