-- A row is a roll of many accounts at once, as somebody confirmed it. It goes on until each of its accounts is done,
-- through restarts, and then stays: it is what reports are made of.
CREATE TABLE bulk_roll (
    -- Counts up in the order of confirming, so that the newest is known without a clock.
    number        INTEGER NOT NULL
        CONSTRAINT bulk_roll_pk PRIMARY KEY,

    -- `bulk_` and 26 characters.
    id            TEXT NOT NULL
        CONSTRAINT bulk_roll_id_unique UNIQUE
        CONSTRAINT bulk_roll_id_shape CHECK (id GLOB 'bulk_*' AND length(id) = 31),

    -- Unix milliseconds: when it was confirmed.
    begun_at      INTEGER NOT NULL,

    -- Who confirmed it: an admin's e-mail address as it was then, or the operator's name.
    begun_by      TEXT NOT NULL
        CONSTRAINT bulk_roll_begun_by_given CHECK (begun_by <> ''),

    -- Which admin; null for an operator.
    begun_by_user TEXT
        CONSTRAINT bulk_roll_person_fk REFERENCES person (id),

    -- Why: every owner reads it.
    reason        TEXT NOT NULL
        CONSTRAINT bulk_roll_reason_given CHECK (reason <> ''),

    -- The choice for the old pairs, as domain::ExpireOld writes it. A duration counts from each account's own roll.
    expire_old    TEXT NOT NULL
        CONSTRAINT bulk_roll_expire_old_given CHECK (expire_old <> '')
) STRICT;

-- A row is one account of a bulk roll. It is written pending, and then once more, in the transaction of its roll: so
-- whoever looks after a crash finds it rolled and noted, or neither.
CREATE TABLE bulk_roll_account (
    -- Counts up in the order of the lines; accounts are rolled in this order.
    number        INTEGER NOT NULL
        CONSTRAINT bulk_roll_account_pk PRIMARY KEY,

    bulk_roll_id  TEXT NOT NULL
        CONSTRAINT bulk_roll_account_bulk_roll_fk REFERENCES bulk_roll (id),

    account_id    TEXT NOT NULL,

    -- The pair that was active when it was confirmed, and the only one that is rolled: if somebody else rolls it before,
    -- that roll is the one that was asked for.
    pair_id       TEXT NOT NULL,

    -- Carried by the roll, which key_roll admits once.
    submission_id TEXT NOT NULL
        CONSTRAINT bulk_roll_account_submission_unique UNIQUE
        CONSTRAINT bulk_roll_account_submission_id_shape CHECK (
            submission_id GLOB 'sub_*' AND length(submission_id) = 30
        ),

    -- Unix milliseconds: when it was rolled or refused. Null while it is pending.
    done_at       INTEGER,

    -- The pair that took over; null unless it was rolled.
    new_pair_id   TEXT,

    -- The code of domain::Refusal; null unless it was refused.
    refused       TEXT,

    -- An account is in a bulk roll once, however many lines named it.
    CONSTRAINT bulk_roll_account_once UNIQUE (bulk_roll_id, account_id),

    -- Both pairs belong to the account.
    CONSTRAINT bulk_roll_account_pair_fk FOREIGN KEY (account_id, pair_id) REFERENCES key_pair (account_id, id),
    CONSTRAINT bulk_roll_account_new_pair_fk FOREIGN KEY (account_id, new_pair_id) REFERENCES key_pair (account_id, id),

    -- Pending, rolled or refused, and no fourth.
    CONSTRAINT bulk_roll_account_is_one_of_three CHECK (
        (done_at IS NULL AND new_pair_id IS NULL AND refused IS NULL)
        OR (done_at IS NOT NULL AND (new_pair_id IS NULL) <> (refused IS NULL))
    )
) STRICT;

-- Serves whoever goes on rolling: what is pending, in order. Empty nearly always.
CREATE INDEX bulk_roll_account_pending ON bulk_roll_account (bulk_roll_id, number)
    WHERE done_at IS NULL;

-- Serves the report, in the order of the lines.
CREATE INDEX bulk_roll_account_report ON bulk_roll_account (bulk_roll_id, number);

-- What came of an account stays as it was noted.
CREATE TRIGGER bulk_roll_account_outcome_stays BEFORE UPDATE ON bulk_roll_account
WHEN OLD.done_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'trigger failed: bulk_roll_account_outcome_stays');
END;
