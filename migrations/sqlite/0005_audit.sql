-- A row is one thing somebody did, or was refused. Rows are written once: `audit_event_never_changes` and
-- `audit_event_never_goes` hold that.
CREATE TABLE audit_event (
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

    -- The person's or the pair's id; null for an actor without one. No foreign key: it names two kinds of thing.
    actor_id   TEXT,

    -- The person's e-mail address as it was then, or the operator's name; null for an actor without one.
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
        OR (actor_kind = 'person' AND actor_id IS NOT NULL AND actor_name IS NOT NULL)
        OR (actor_kind = 'operator' AND actor_id IS NULL AND actor_name IS NOT NULL)
        OR (actor_kind = 'pair' AND actor_id IS NOT NULL AND actor_name IS NULL)
    )
) STRICT;

-- Serves an account's records, newest first.
CREATE INDEX audit_event_of_account ON audit_event (account_id, number);

CREATE TRIGGER audit_event_never_changes BEFORE UPDATE ON audit_event
BEGIN
    SELECT RAISE(ABORT, 'trigger failed: audit_event_never_changes');
END;

CREATE TRIGGER audit_event_never_goes BEFORE DELETE ON audit_event
BEGIN
    SELECT RAISE(ABORT, 'trigger failed: audit_event_never_goes');
END;
