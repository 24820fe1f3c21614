-- A row is one public key and one private key, made together and dead together. Rows stay when the pair has ended, so
-- that a dead key is recognised for what it was.
CREATE TABLE key_pair (
    -- Counts up in the order of making. Lists are ordered by this and not by `created_at`: a roll can make two pairs in
    -- one millisecond, and a clock may step back. The active pair is always the newest, because
    -- `key_pair_one_active_per_account` admits a new one only when the one before has its end, and
    -- `key_pair_end_stays` never lets that end be taken back.
    number                   INTEGER NOT NULL
        CONSTRAINT key_pair_pk PRIMARY KEY,

    -- `pair_` and 26 characters.
    id                       TEXT NOT NULL
        CONSTRAINT key_pair_id_unique UNIQUE
        CONSTRAINT key_pair_id_shape CHECK (id GLOB 'pair_*' AND length(id) = 31),

    -- The account whose requests it authenticates.
    account_id               TEXT NOT NULL
        CONSTRAINT key_pair_account_fk REFERENCES account (id),

    -- The half that is no secret, as text.
    public_key               TEXT NOT NULL
        CONSTRAINT key_pair_public_key_unique UNIQUE
        CONSTRAINT key_pair_public_key_shape CHECK (public_key GLOB '*public_*' AND length(public_key) >= 43),

    -- HMAC-SHA-256 of the private key: what a request is looked up by. Kept when the pair has ended.
    digest                   BLOB NOT NULL
        CONSTRAINT key_pair_digest_is_32_bytes CHECK (length(digest) = 32),

    -- The name of the master key the digest was made under.
    digest_master_key_id     TEXT NOT NULL
        CONSTRAINT key_pair_digest_master_key_id_given CHECK (digest_master_key_id <> ''),

    -- The sealed private key: nonce and ciphertext. Null once destroyed, which only an ended pair's may be.
    ciphertext               BLOB
        CONSTRAINT key_pair_ciphertext_given CHECK (length(ciphertext) > 0),

    -- The name of the master key that opens the ciphertext. Null together with it.
    ciphertext_master_key_id TEXT
        CONSTRAINT key_pair_ciphertext_master_key_id_given CHECK (ciphertext_master_key_id <> ''),

    -- Unix milliseconds: when it was made.
    created_at               INTEGER NOT NULL,

    -- Unix milliseconds: when a roll scheduled the end. Null for an active pair, and for one ended at once.
    rolled_at                INTEGER,

    -- Unix milliseconds: the first instant at which it no longer works. Null together with `rolled_at`.
    expires_at               INTEGER,

    -- 1 once somebody has seen the scheduled end pass; a clock that steps back cannot undo it.
    end_passed               INTEGER NOT NULL
        CONSTRAINT key_pair_end_passed_is_0_or_1 CHECK (end_passed IN (0, 1)),

    -- Unix milliseconds: when it was ended at once. Null otherwise.
    revoked_at               INTEGER,

    -- A digest names one pair: two under one master key would let one request belong to two accounts.
    CONSTRAINT key_pair_digest_unique UNIQUE (digest, digest_master_key_id),

    -- Lets key_roll refer to a pair together with its account.
    CONSTRAINT key_pair_of_account_unique UNIQUE (account_id, id),

    -- The four forms of domain::key_pair::End, and no fifth: none, scheduled, passed, revoked.
    CONSTRAINT key_pair_end_is_one_of_four CHECK (
        (rolled_at IS NULL AND expires_at IS NULL AND end_passed = 0 AND revoked_at IS NULL)
        OR (rolled_at IS NOT NULL AND expires_at IS NOT NULL AND revoked_at IS NULL)
        OR (rolled_at IS NULL AND expires_at IS NULL AND end_passed = 0 AND revoked_at IS NOT NULL)
    ),

    -- An end lies after the roll that set it; ending at once is `revoked_at`.
    CONSTRAINT key_pair_expires_after_roll CHECK (expires_at > rolled_at),

    -- Nobody can be shown a key that is gone, so it goes only once the pair is dead by a stored fact.
    CONSTRAINT key_pair_ciphertext_until_the_end CHECK (
        ciphertext IS NOT NULL OR end_passed = 1 OR revoked_at IS NOT NULL
    ),

    -- Ciphertext and the key that opens it come and go together.
    CONSTRAINT key_pair_ciphertext_whole CHECK ((ciphertext IS NULL) = (ciphertext_master_key_id IS NULL))
) STRICT;

-- Exactly one pair of an account has no end: whichever way two rolls race, the second is refused here.
CREATE UNIQUE INDEX key_pair_one_active_per_account ON key_pair (account_id)
    WHERE rolled_at IS NULL AND revoked_at IS NULL;

-- Serves an account's list, newest first.
CREATE INDEX key_pair_of_account ON key_pair (account_id, number);

-- Serves the sweep: which scheduled ends are due.
CREATE INDEX key_pair_to_settle ON key_pair (expires_at)
    WHERE expires_at IS NOT NULL AND end_passed = 0;

-- Serves the sweep: which dead pairs still have a sealed key. Empty nearly always.
CREATE INDEX key_pair_to_destroy ON key_pair (number)
    WHERE ciphertext IS NOT NULL AND (end_passed = 1 OR revoked_at IS NOT NULL);

-- An end is never taken back. After, not before, so that the index above speaks first where both object.
CREATE TRIGGER key_pair_end_stays AFTER UPDATE ON key_pair
WHEN (OLD.rolled_at IS NOT NULL OR OLD.revoked_at IS NOT NULL) AND NEW.rolled_at IS NULL AND NEW.revoked_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'trigger failed: key_pair_end_stays');
END;

-- What is dead by a stored fact stays dead, with the same facts.
CREATE TRIGGER key_pair_never_revives AFTER UPDATE ON key_pair
WHEN (OLD.end_passed = 1 OR OLD.revoked_at IS NOT NULL)
    AND (
        NEW.rolled_at IS NOT OLD.rolled_at
        OR NEW.expires_at IS NOT OLD.expires_at
        OR NEW.end_passed IS NOT OLD.end_passed
        OR NEW.revoked_at IS NOT OLD.revoked_at
    )
BEGIN
    SELECT RAISE(ABORT, 'trigger failed: key_pair_never_revives');
END;

-- Apart from its end, and from its sealed key being destroyed, nothing of a pair ever changes.
CREATE TRIGGER key_pair_identity_stays AFTER UPDATE ON key_pair
WHEN NEW.number IS NOT OLD.number
    OR NEW.id IS NOT OLD.id
    OR NEW.account_id IS NOT OLD.account_id
    OR NEW.public_key IS NOT OLD.public_key
    OR NEW.digest IS NOT OLD.digest
    OR NEW.digest_master_key_id IS NOT OLD.digest_master_key_id
    OR NEW.created_at IS NOT OLD.created_at
    OR (NEW.ciphertext IS NOT NULL AND NEW.ciphertext IS NOT OLD.ciphertext)
    OR (NEW.ciphertext_master_key_id IS NOT NULL AND NEW.ciphertext_master_key_id IS NOT OLD.ciphertext_master_key_id)
BEGIN
    SELECT RAISE(ABORT, 'trigger failed: key_pair_identity_stays');
END;

-- A row is one roll: the pair that was active, and the pair that took its place.
CREATE TABLE key_roll (
    -- Counts up in the order of rolling, so that the latest is known without a clock.
    number          INTEGER NOT NULL
        CONSTRAINT key_roll_pk PRIMARY KEY,

    -- In which account.
    account_id      TEXT NOT NULL
        CONSTRAINT key_roll_account_fk REFERENCES account (id),

    -- Which press of the button, `sub_` and 26 characters: a retry of one press carries the same id.
    submission_id   TEXT NOT NULL
        CONSTRAINT key_roll_submission_id_shape CHECK (submission_id GLOB 'sub_*' AND length(submission_id) = 30),

    -- The pair that was active. A pair is rolled at most once.
    old_pair_id     TEXT NOT NULL
        CONSTRAINT key_roll_old_pair_unique UNIQUE,

    -- The pair that took its place.
    new_pair_id     TEXT NOT NULL
        CONSTRAINT key_roll_new_pair_unique UNIQUE,

    -- Unix milliseconds.
    rolled_at       INTEGER NOT NULL,

    -- Who, in words for the page: an e-mail address as it was then, or "an operator".
    rolled_by       TEXT NOT NULL
        CONSTRAINT key_roll_rolled_by_given CHECK (rolled_by <> ''),

    -- Which person; null for an operator.
    rolled_by_user  TEXT
        CONSTRAINT key_roll_person_fk REFERENCES person (id),

    -- Why; null when no reason was given.
    reason          TEXT,

    -- One press rolls at most once.
    CONSTRAINT key_roll_submission_once UNIQUE (account_id, submission_id),

    -- Both pairs belong to the account that was rolled.
    CONSTRAINT key_roll_old_pair_fk FOREIGN KEY (account_id, old_pair_id) REFERENCES key_pair (account_id, id),
    CONSTRAINT key_roll_new_pair_fk FOREIGN KEY (account_id, new_pair_id) REFERENCES key_pair (account_id, id),

    -- A pair does not replace itself.
    CONSTRAINT key_roll_pairs_differ CHECK (old_pair_id <> new_pair_id)
) STRICT;

-- Serves "the latest roll of the account".
CREATE INDEX key_roll_of_account ON key_roll (account_id, number);
