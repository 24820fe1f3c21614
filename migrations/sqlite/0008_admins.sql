-- A row is a person who is an admin of the installation. Whoever is one no more has no row: the audit trail says so.
CREATE TABLE admin (
    -- Counts up in the order of becoming one. Lists are ordered by this and not by `created_at`, because a clock may
    -- step back.
    number     INTEGER NOT NULL
        CONSTRAINT admin_pk PRIMARY KEY,

    -- Who. An admin need not be in any account.
    user_id    TEXT NOT NULL
        CONSTRAINT admin_person_unique UNIQUE
        CONSTRAINT admin_person_fk REFERENCES person (id),

    -- Unix milliseconds: since when.
    created_at INTEGER NOT NULL,

    -- Who made them one, in words.
    created_by TEXT NOT NULL
        CONSTRAINT admin_created_by_given CHECK (created_by <> '')
) STRICT;

-- The audit trail gets two more kinds of actor, admins and the company's own systems with their installation keys. SQLite cannot change a CHECK, so the table is made anew and its rows are
-- copied, each with its number. The drop fires no triggers, and nothing refers to these rows. All migrations run in one
-- transaction: a crash leaves the old table.
--
-- A row is one thing somebody did, or was refused. Rows are written once: `audit_event_never_changes` and
-- `audit_event_never_goes` hold that.
CREATE TABLE audit_event_with_admins (
    -- Counts up in the order of writing. Lists are ordered by this and not by `at`, because a clock may step back.
    number     INTEGER NOT NULL
        CONSTRAINT audit_event_pk PRIMARY KEY,

    -- `evt_` and 26 characters.
    id         TEXT NOT NULL
        CONSTRAINT audit_event_id_unique UNIQUE
        CONSTRAINT audit_event_id_shape CHECK (id GLOB 'evt_*' AND length(id) = 30),

    -- Unix milliseconds.
    at         INTEGER NOT NULL,

    -- What kind of somebody.
    actor_kind TEXT NOT NULL,

    -- The person's, the pair's or the installation key's id; null for an actor without one. No foreign key: it names
    -- three kinds of thing.
    actor_id   TEXT,

    -- The person's e-mail address as it was then, the operator's name or that of the installation key; null for an actor
    -- without one.
    actor_name TEXT,

    -- The stable word of domain::audit::Act. Not listed here: a new act must not need a new table.
    act        TEXT NOT NULL
        CONSTRAINT audit_event_act_given CHECK (act <> ''),

    -- In which account. Null before there is one: a failed sign-in of nobody.
    account_id TEXT
        CONSTRAINT audit_event_account_fk REFERENCES account (id),

    -- To which things: a JSON array of {"kind", "id"}, empty for none.
    targets    TEXT NOT NULL
        CONSTRAINT audit_event_targets_is_a_list CHECK (json_valid(targets) AND json_type(targets) = 'array'),

    -- A little more, never a secret; null for nothing more.
    detail     TEXT,

    -- The caller's address; null when there was no caller.
    address    TEXT,

    -- The caller's user agent, cut at 300 characters; null when it said nothing.
    user_agent TEXT
        CONSTRAINT audit_event_user_agent_is_cut CHECK (length(user_agent) <= 300),

    -- The request this belongs to; the same id stands in the log.
    request_id TEXT NOT NULL
        CONSTRAINT audit_event_request_id_given CHECK (request_id <> ''),

    -- Each kind of actor has just what domain::audit::Actor gives it.
    CONSTRAINT audit_event_actor_is_whole CHECK (
        (actor_kind IN ('anonymous', 'system') AND actor_id IS NULL AND actor_name IS NULL)
        OR (actor_kind IN ('person', 'admin', 'installation') AND actor_id IS NOT NULL AND actor_name IS NOT NULL)
        OR (actor_kind = 'operator' AND actor_id IS NULL AND actor_name IS NOT NULL)
        OR (actor_kind = 'pair' AND actor_id IS NOT NULL AND actor_name IS NULL)
    )
) STRICT;

INSERT INTO audit_event_with_admins (
    number,
    id,
    at,
    actor_kind,
    actor_id,
    actor_name,
    act,
    account_id,
    targets,
    detail,
    address,
    user_agent,
    request_id
)
SELECT
    number,
    id,
    at,
    actor_kind,
    actor_id,
    actor_name,
    act,
    account_id,
    targets,
    detail,
    address,
    user_agent,
    request_id
FROM audit_event
ORDER BY number;

DROP TABLE audit_event;
ALTER TABLE audit_event_with_admins RENAME TO audit_event;

-- Serves an account's records in the order of writing, from any place in it, in either direction, filtered.
CREATE INDEX audit_event_trail
    ON audit_event (account_id, number, at, act, actor_kind, actor_id, actor_name);

CREATE TRIGGER audit_event_never_changes BEFORE UPDATE ON audit_event
BEGIN
    SELECT RAISE(ABORT, 'trigger failed: audit_event_never_changes');
END;

CREATE TRIGGER audit_event_never_goes BEFORE DELETE ON audit_event
BEGIN
    SELECT RAISE(ABORT, 'trigger failed: audit_event_never_goes');
END;

-- Accounts are listed and looked for a page at a time. Everything such a search looks at is in these indexes, so that a
-- filter that matches little reads an index and not the rows. Addresses have the index of person_email_unique.

-- Serves lists by name, and the search for what a name begins with.
CREATE INDEX account_by_name ON account (name COLLATE NOCASE, id DESC, disabled_at);

-- Serves the search for what an external id begins with.
CREATE INDEX account_by_external_id ON account (external_id COLLATE NOCASE, id);

-- Serves lists of the newest, and what the searches have found.
CREATE INDEX account_by_id ON account (id, disabled_at);

-- Serves the members of an account, and its first owner, in the order of joining.
CREATE INDEX membership_of_account ON membership (account_id, number);
