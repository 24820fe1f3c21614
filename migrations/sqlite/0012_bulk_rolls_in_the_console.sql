-- A row is what the dry run of a bulk roll found in the lines that an admin gave, until it is confirmed or a day old. The
-- lines themselves are nowhere: leaked private keys are among them.
CREATE TABLE bulk_roll_draft (
    -- Counts up in the order of making.
    number       INTEGER NOT NULL
        CONSTRAINT bulk_roll_draft_pk PRIMARY KEY,

    -- `draft_` and 26 characters.
    id           TEXT NOT NULL
        CONSTRAINT bulk_roll_draft_id_unique UNIQUE
        CONSTRAINT bulk_roll_draft_id_shape CHECK (id GLOB 'draft_*' AND length(id) = 32),

    -- Unix milliseconds.
    made_at      INTEGER NOT NULL,

    -- Whose it is: nobody else sees it.
    made_by_user TEXT NOT NULL
        CONSTRAINT bulk_roll_draft_person_fk REFERENCES person (id),

    -- The lines that name no account to roll: a JSON array of arrays of two, the number and what is wrong, as a word.
    bad_lines    TEXT NOT NULL
        CONSTRAINT bulk_roll_draft_bad_lines_are_listed CHECK (json_valid(bad_lines)),

    -- How many lines named an account again.
    repeated     INTEGER NOT NULL
        CONSTRAINT bulk_roll_draft_repeated_is_a_count CHECK (repeated >= 0),

    -- What was entered into the confirmation when it was refused last, private keys taken out of it.
    reason       TEXT NOT NULL,
    message      TEXT NOT NULL
) STRICT;

-- Serves the sweep.
CREATE INDEX bulk_roll_draft_of_old ON bulk_roll_draft (made_at);

-- A row is an account that a line of a dry run names.
CREATE TABLE bulk_roll_draft_account (
    draft_id   TEXT NOT NULL
        CONSTRAINT bulk_roll_draft_account_draft_fk REFERENCES bulk_roll_draft (id) ON DELETE CASCADE,

    -- Which line named it first, counted from 1.
    line       INTEGER NOT NULL
        CONSTRAINT bulk_roll_draft_account_line_is_counted CHECK (line > 0),

    account_id TEXT NOT NULL,

    -- The pair that was active then.
    pair_id    TEXT NOT NULL,

    CONSTRAINT bulk_roll_draft_account_pk PRIMARY KEY (draft_id, line),

    -- However many lines named it.
    CONSTRAINT bulk_roll_draft_account_once UNIQUE (draft_id, account_id),

    -- The pair belongs to the account.
    CONSTRAINT bulk_roll_draft_account_pair_fk
        FOREIGN KEY (account_id, pair_id) REFERENCES key_pair (account_id, id)
) STRICT;

-- What the owners are told beside the reason; null if nothing.
ALTER TABLE bulk_roll ADD COLUMN message TEXT
    CONSTRAINT bulk_roll_message_given CHECK (message <> '');

-- The dry run that was confirmed; null for one that a command began.
ALTER TABLE bulk_roll ADD COLUMN draft_id TEXT
    CONSTRAINT bulk_roll_draft_shape CHECK (draft_id GLOB 'draft_*' AND length(draft_id) = 32);

-- A dry run is confirmed once, however often its button is pressed.
CREATE UNIQUE INDEX bulk_roll_of_draft ON bulk_roll (draft_id) WHERE draft_id IS NOT NULL;

-- Unix milliseconds: when it was stopped. Accounts that were pending then are not rolled.
ALTER TABLE bulk_roll ADD COLUMN stopped_at INTEGER;

-- Who stopped it: an admin's e-mail address as it was then, or the operator's name.
ALTER TABLE bulk_roll ADD COLUMN stopped_by TEXT
    CONSTRAINT bulk_roll_stop_is_whole CHECK ((stopped_at IS NULL) = (stopped_by IS NULL) AND stopped_by IS NOT '');

-- A stop is not taken back, and nobody else is written over who stopped it.
CREATE TRIGGER bulk_roll_stop_stays BEFORE UPDATE ON bulk_roll
WHEN OLD.stopped_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'trigger failed: bulk_roll_stop_stays');
END;

-- How often rolling the account broke, which is not a refusal. After a few times `refused` is the word FAULT.
ALTER TABLE bulk_roll_account ADD COLUMN faults INTEGER NOT NULL DEFAULT 0
    CONSTRAINT bulk_roll_account_faults_are_counted CHECK (faults >= 0);

-- Unix milliseconds: not before this is it tried again. Only of a pending account that broke.
ALTER TABLE bulk_roll_account ADD COLUMN retry_at INTEGER
    CONSTRAINT bulk_roll_account_retry_is_of_pending CHECK (retry_at IS NULL OR (faults > 0 AND done_at IS NULL));

-- What is left of a stopped bulk roll stays as it is.
CREATE TRIGGER bulk_roll_account_stopped_stays BEFORE UPDATE ON bulk_roll_account
WHEN EXISTS (SELECT 1 FROM bulk_roll WHERE id = OLD.bulk_roll_id AND stopped_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'trigger failed: bulk_roll_account_stopped_stays');
END;

-- What the owner is told beside the reason; null if nothing.
ALTER TABLE key_roll ADD COLUMN message TEXT
    CONSTRAINT key_roll_message_given CHECK (message <> '');
