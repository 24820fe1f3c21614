-- A row says that something changed which decides whether a private key works, in the order of the commits. Each server
-- keeps the working keys in memory and reads what it has missed from here. The rows are written by triggers, so that no
-- statement of this program or another can change a pair without one. Old ones are forgotten; whoever has missed those
-- reads everything anew.
CREATE TABLE key_change (
    -- Counts up and is never given twice, also after rows were forgotten. SQLite has one writer, so a row with a higher
    -- number was committed later.
    number      INTEGER NOT NULL
        CONSTRAINT key_change_pk PRIMARY KEY AUTOINCREMENT,

    -- Whose keys.
    account_id  TEXT NOT NULL
        CONSTRAINT key_change_account_fk REFERENCES account (id),

    -- The pair that was made or was given an end; null when it was the account that changed.
    pair_id     TEXT
        CONSTRAINT key_change_pair_fk REFERENCES key_pair (id)
) STRICT;

CREATE TRIGGER key_change_of_new_pair AFTER INSERT ON key_pair
BEGIN
    INSERT INTO key_change (account_id, pair_id) VALUES (NEW.account_id, NEW.id);
END;

CREATE TRIGGER key_change_of_end AFTER UPDATE OF rolled_at, expires_at, end_passed, revoked_at ON key_pair
BEGIN
    INSERT INTO key_change (account_id, pair_id) VALUES (NEW.account_id, NEW.id);
END;

CREATE TRIGGER key_change_of_account AFTER UPDATE OF disabled_at, external_id ON account
BEGIN
    INSERT INTO key_change (account_id, pair_id) VALUES (NEW.id, NULL);
END;

-- A row is a process that authenticates from memory. Whoever ends a pair waits, before saying so, until each of them has
-- acknowledged the change or has been silent for as long as its lease lasts: it asks the database by itself then. Rows
-- hold no instants: no clock of another process is ever believed.
CREATE TABLE instance (
    -- `inst_` and 26 characters.
    id            TEXT NOT NULL
        CONSTRAINT instance_pk PRIMARY KEY
        CONSTRAINT instance_id_shape CHECK (id GLOB 'inst_*' AND length(id) = 31),

    -- The number of the last change that its memory holds; 0 for none.
    acknowledged  INTEGER NOT NULL
        CONSTRAINT instance_acknowledged_counts CHECK (acknowledged >= 0),

    -- Counts up each time the process says that it lives. One that stands still for the length of a lease is over.
    beat          INTEGER NOT NULL
        CONSTRAINT instance_beat_counts CHECK (beat >= 0)
) STRICT;
