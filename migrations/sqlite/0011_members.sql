-- A membership says since when, and an account keeps an owner. SQLite cannot add a column that has to be given, so the
-- table is made anew and its rows are copied, each with its number. Until now people came to an account with its making
-- and not otherwise, so they are in it since then. Nothing refers to these rows.
--
-- A row is a person being in an account.
CREATE TABLE membership_with_times (
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

    -- Unix milliseconds: since when. For people to read.
    joined_at  INTEGER NOT NULL,

    CONSTRAINT membership_once UNIQUE (account_id, user_id)
) STRICT;

INSERT INTO membership_with_times (
    number,
    account_id,
    user_id,
    role,
    joined_at
)
SELECT
    membership.number,
    membership.account_id,
    membership.user_id,
    membership.role,
    account.created_at
FROM membership
JOIN account ON account.id = membership.account_id
ORDER BY membership.number;

DROP TABLE membership;
ALTER TABLE membership_with_times RENAME TO membership;

-- Serves "the first account this person joined", read on every page.
CREATE INDEX membership_of_person ON membership (user_id, number);

-- Serves the members of an account, and its first owner, in the order of joining.
CREATE INDEX membership_of_account ON membership (account_id, number);

-- The last owner neither goes nor becomes something else, whoever asks and however many ask at once.
CREATE TRIGGER membership_keeps_an_owner_who_goes BEFORE DELETE ON membership
WHEN OLD.role = 'owner' AND NOT EXISTS (
    SELECT 1 FROM membership WHERE account_id = OLD.account_id AND role = 'owner' AND number <> OLD.number
)
BEGIN
    SELECT RAISE(ABORT, 'trigger failed: membership_keeps_an_owner_who_goes');
END;

CREATE TRIGGER membership_keeps_an_owner_who_changes BEFORE UPDATE ON membership
WHEN OLD.role = 'owner' AND (NEW.role <> 'owner' OR NEW.account_id <> OLD.account_id) AND NOT EXISTS (
    SELECT 1 FROM membership WHERE account_id = OLD.account_id AND role = 'owner' AND number <> OLD.number
)
BEGIN
    SELECT RAISE(ABORT, 'trigger failed: membership_keeps_an_owner_who_changes');
END;

-- An invitation may be into an account instead of into one of one's own. It is for one address then.

-- The account. Null for an invitation with which somebody makes an account of their own.
ALTER TABLE invitation ADD COLUMN account_id TEXT
    CONSTRAINT invitation_account_fk REFERENCES account (id);

-- What they are to be there. Null with the account.
ALTER TABLE invitation ADD COLUMN role TEXT
    CONSTRAINT invitation_role_is_known CHECK (role IN ('owner', 'developer', 'viewer'))
    CONSTRAINT invitation_into_an_account_is_whole CHECK (
        (account_id IS NULL AND role IS NULL)
        OR (account_id IS NOT NULL AND role IS NOT NULL AND email IS NOT NULL)
    );

-- Which owner made it: it falls when they are one no more. Null for an operator's.
ALTER TABLE invitation ADD COLUMN invited_by TEXT
    CONSTRAINT invitation_invited_by_fk REFERENCES person (id)
    CONSTRAINT invitation_invited_by_is_into_an_account CHECK (invited_by IS NULL OR account_id IS NOT NULL);

-- An address has one open invitation into an account. Serves the list of them too.
CREATE UNIQUE INDEX invitation_once_into_account ON invitation (account_id, email) WHERE account_id IS NOT NULL;

-- The account that a session acts in. Null until one is chosen, which stands for the first joined, as does an account in
-- which its person is no member any more.
ALTER TABLE session ADD COLUMN account_id TEXT
    CONSTRAINT session_account_fk REFERENCES account (id);
