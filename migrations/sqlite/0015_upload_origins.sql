-- A row is an origin whose pages may upload into an account with a signature. An account without any has not restricted
-- itself: then the pages of every origin may.
CREATE TABLE upload_origin (
    -- Counts up in the order of coming. Lists are ordered by this and not by `added_at`, because a clock may step back.
    number     INTEGER NOT NULL
        CONSTRAINT upload_origin_pk PRIMARY KEY,

    -- Whose uploads.
    account_id TEXT NOT NULL
        CONSTRAINT upload_origin_account_fk REFERENCES account (id),

    -- As browsers send it, made so by domain::upload::origin: it is compared letter by letter.
    origin     TEXT NOT NULL
        CONSTRAINT upload_origin_is_exact CHECK (
            length(origin) <= 300
            AND (origin GLOB 'http://?*' OR origin GLOB 'https://?*')
            AND NOT substr(origin, instr(origin, '://') + 3) GLOB '*[^]a-z0-9._:[-]*'
        ),

    -- Unix milliseconds.
    added_at   INTEGER NOT NULL,

    -- Listed once in an account. Serves the list that every signed upload of a page is held to.
    CONSTRAINT upload_origin_once UNIQUE (account_id, origin)
) STRICT;

-- A row is never another origin's than it was: changing the list is adding and removing, and each of them is on record.
CREATE TRIGGER upload_origin_stays BEFORE UPDATE ON upload_origin
BEGIN
    SELECT RAISE(ABORT, 'trigger failed: upload_origin_stays');
END;

-- Serves the sightings of a pair's private key, which the developers tab asks for each time it is drawn: without it that
-- would read the index of the account's whole trail.
CREATE INDEX audit_event_sightings ON audit_event (account_id, actor_id, number)
WHERE act = 'key.sighting';
