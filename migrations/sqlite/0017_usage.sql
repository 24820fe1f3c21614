-- Who uses a pair, how often, and since when. Counted in memory by each process, and added here in batches: nothing below
-- decides whether a key works, and none of it is a change of keys (key_change).

-- A row is a caller: a program seen using a pair, by the address it comes from and the user agent it names. Addresses are
-- personal data: rows go once they are older than the operator's setting says.
CREATE TABLE caller (
    number     INTEGER NOT NULL
        CONSTRAINT caller_pk PRIMARY KEY,

    -- By its number and not by its id: there are many rows of each pair.
    pair       INTEGER NOT NULL
        CONSTRAINT caller_pair_fk REFERENCES key_pair (number),

    -- 1 for all those who came once there were too many to be told apart.
    others     INTEGER NOT NULL
        CONSTRAINT caller_others_is_0_or_1 CHECK (others IN (0, 1)),

    -- IPv4, or the /64 network of IPv6. Empty where none is known.
    address    TEXT NOT NULL
        CONSTRAINT caller_address_is_short CHECK (length(address) <= 45),

    -- Printable and shortened. Empty where none was named.
    user_agent TEXT NOT NULL
        CONSTRAINT caller_user_agent_is_short CHECK (length(user_agent) <= 120),

    -- Unix milliseconds: when it was first seen using this pair.
    first_at   INTEGER NOT NULL,

    -- Unix milliseconds: when it was last seen.
    last_at    INTEGER NOT NULL,

    CONSTRAINT caller_last_not_before_first CHECK (last_at >= first_at),

    -- What a batch finds it by.
    CONSTRAINT caller_once UNIQUE (pair, others, address, user_agent),

    CONSTRAINT caller_others_has_no_name CHECK (others = 0 OR (address = '' AND user_agent = ''))
) STRICT;

-- Serves a pair's list, the last seen first.
CREATE INDEX caller_of_pair ON caller (pair, last_at);

-- Serves the sweep.
CREATE INDEX caller_to_forget ON caller (last_at);

-- A row is what came of a caller's requests in one hour.
CREATE TABLE use_by_hour (
    caller   INTEGER NOT NULL
        CONSTRAINT use_by_hour_caller_fk REFERENCES caller (number),

    -- Whole hours since the Unix epoch.
    hour     INTEGER NOT NULL,

    -- `accepted`, or in what way the pair was refused: domain::usage::Outcome.
    outcome  TEXT NOT NULL
        CONSTRAINT use_by_hour_outcome_is_a_word CHECK (length(outcome) BETWEEN 1 AND 40 AND NOT outcome GLOB '*[^a-z_]*'),

    -- How many.
    count    INTEGER NOT NULL
        CONSTRAINT use_by_hour_count_counts CHECK (count >= 1),

    -- Unix milliseconds: the first of them, and the last.
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,

    -- Method and path of the last of them.
    route    TEXT NOT NULL
        CONSTRAINT use_by_hour_route_is_short CHECK (length(route) <= 120),

    CONSTRAINT use_by_hour_pk PRIMARY KEY (caller, hour, outcome),

    CONSTRAINT use_by_hour_is_within_the_hour CHECK (
        last_at >= first_at AND first_at / 3600000 = hour AND last_at / 3600000 = hour
    )
) STRICT, WITHOUT ROWID;

-- Serves the sweep.
CREATE INDEX use_by_hour_to_forget ON use_by_hour (hour);

-- A row is a pair's day in UTC: what the hours of all its callers add up to, so that a chart needs not read them.
CREATE TABLE use_by_day (
    pair     INTEGER NOT NULL
        CONSTRAINT use_by_day_pair_fk REFERENCES key_pair (number),

    -- Whole days since the Unix epoch.
    day      INTEGER NOT NULL,

    accepted INTEGER NOT NULL
        CONSTRAINT use_by_day_accepted_counts CHECK (accepted >= 0),

    refused  INTEGER NOT NULL
        CONSTRAINT use_by_day_refused_counts CHECK (refused >= 0),

    CONSTRAINT use_by_day_pk PRIMARY KEY (pair, day)
) STRICT, WITHOUT ROWID;

-- Serves the sweep.
CREATE INDEX use_by_day_to_forget ON use_by_day (day);

-- A row says when a pair was used. It names nobody, and stays as long as the pair.
CREATE TABLE use_of_pair (
    pair              INTEGER NOT NULL
        CONSTRAINT use_of_pair_pk PRIMARY KEY
        CONSTRAINT use_of_pair_pair_fk REFERENCES key_pair (number),

    -- Unix milliseconds: the first request that was accepted, and the last. Null together.
    first_accepted_at INTEGER,
    last_accepted_at  INTEGER,

    -- Unix milliseconds: the last one that was refused.
    last_refused_at   INTEGER,

    CONSTRAINT use_of_pair_accepted_whole CHECK ((first_accepted_at IS NULL) = (last_accepted_at IS NULL)),
    CONSTRAINT use_of_pair_last_not_before_first CHECK (last_accepted_at >= first_accepted_at),
    CONSTRAINT use_of_pair_was_used CHECK (last_accepted_at IS NOT NULL OR last_refused_at IS NOT NULL)
) STRICT;

-- A row says which of a process's batches was added last, in the transaction that added it: one whose commit was not
-- answered is tried again, and not added twice.
CREATE TABLE use_batch (
    -- `inst_` and 26 characters: the process, as long as it runs.
    writer     TEXT NOT NULL
        CONSTRAINT use_batch_pk PRIMARY KEY
        CONSTRAINT use_batch_writer_shape CHECK (writer GLOB 'inst_*' AND length(writer) = 31),

    -- Counts up.
    number     INTEGER NOT NULL
        CONSTRAINT use_batch_number_counts CHECK (number >= 1),

    -- Unix milliseconds. Rows of processes that are over are forgotten.
    written_at INTEGER NOT NULL
) STRICT;

-- Serves the sweep.
CREATE INDEX use_batch_to_forget ON use_batch (written_at);
