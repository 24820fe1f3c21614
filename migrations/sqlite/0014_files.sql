-- A row is an uploaded file: its last version, since no earlier ones are kept. Its bytes lie elsewhere, under the account's id
-- and `version_id`; they are moved there once the row is committed, and go once it is gone.
CREATE TABLE file (
    -- Counts up in the order of coming. Lists are ordered by this where two files are otherwise equal.
    number           INTEGER NOT NULL
        CONSTRAINT file_pk PRIMARY KEY,

    -- 24 hexadecimal digits. Stays when the file is replaced.
    id               TEXT NOT NULL
        CONSTRAINT file_id_unique UNIQUE
        CONSTRAINT file_id_shape CHECK (length(id) = 24 AND NOT id GLOB '*[^0-9a-f]*'),

    -- Whose it is.
    account_id       TEXT NOT NULL
        CONSTRAINT file_account_fk REFERENCES account (id),

    -- Names the bytes of this version; equal to `id` until the file is replaced.
    version_id       TEXT NOT NULL
        CONSTRAINT file_version_id_unique UNIQUE
        CONSTRAINT file_version_id_shape CHECK (length(version_id) = 24 AND NOT version_id GLOB '*[^0-9a-f]*'),

    -- How often it was uploaded.
    version          INTEGER NOT NULL
        CONSTRAINT file_version_counts CHECK (version >= 1),

    -- What it is called, made harmless by domain::upload::name.
    name             TEXT NOT NULL
        CONSTRAINT file_name_is_harmless
            CHECK (length(name) BETWEEN 1 AND 210 AND NOT name GLOB '*[^-A-Za-z0-9._]*' AND NOT name GLOB '.*'),

    -- Where it is: `/`, or `/a/b`.
    folder           TEXT NOT NULL
        CONSTRAINT file_folder_is_harmless CHECK (
            length(folder) <= 1000
            AND folder GLOB '/*'
            AND NOT folder GLOB '*[^-A-Za-z0-9._/]*'
            AND instr(folder, '//') = 0
            AND instr(folder, '/.') = 0
            AND (folder = '/' OR NOT folder GLOB '*/')
        ),

    -- In bytes.
    size             INTEGER NOT NULL
        CONSTRAINT file_size_counts CHECK (size >= 0),

    -- What its first bytes say it is: `image/png`. Null for what is not known as an image.
    image_type       TEXT
        CONSTRAINT file_image_type_is_one CHECK (image_type GLOB 'image/*'),

    -- A JSON array of texts.
    tags             TEXT NOT NULL
        CONSTRAINT file_tags_is_a_list CHECK (json_valid(tags) AND json_type(tags) = 'array'),

    -- 1 if only holders of a private key may fetch it.
    private          INTEGER NOT NULL
        CONSTRAINT file_private_is_0_or_1 CHECK (private IN (0, 1)),

    -- 1 if it may be fetched at its address.
    published        INTEGER NOT NULL
        CONSTRAINT file_published_is_0_or_1 CHECK (published IN (0, 1)),

    -- The client's own word on the important area of an image; null if it gave none.
    coordinates      TEXT,

    -- A JSON object of the client's own; null if it gave none.
    metadata         TEXT
        CONSTRAINT file_metadata_is_an_object CHECK (json_valid(metadata) AND json_type(metadata) = 'object'),

    -- What it is, in words; null if nobody said.
    description      TEXT,

    -- The pair with which this version was uploaded, or the member who did at the dashboard: one of the two.
    uploaded_by_pair TEXT,
    uploaded_by_user TEXT
        CONSTRAINT file_uploaded_by_user_fk REFERENCES person (id),

    -- Unix milliseconds: when the first version came.
    created_at       INTEGER NOT NULL,

    -- Unix milliseconds: when this version came.
    updated_at       INTEGER NOT NULL,

    -- One file at a place. Serves lists of a folder.
    CONSTRAINT file_place_unique UNIQUE (account_id, folder, name),

    -- A pair uploads into its own account.
    CONSTRAINT file_uploaded_by_pair_fk FOREIGN KEY (account_id, uploaded_by_pair)
        REFERENCES key_pair (account_id, id),

    CONSTRAINT file_uploaded_by_one CHECK ((uploaded_by_pair IS NULL) <> (uploaded_by_user IS NULL))
) STRICT;

-- A file stays where it is and whose it is: only what it holds is replaced.
CREATE TRIGGER file_place_stays AFTER UPDATE ON file
WHEN NEW.number IS NOT OLD.number
    OR NEW.id IS NOT OLD.id
    OR NEW.account_id IS NOT OLD.account_id
    OR NEW.name IS NOT OLD.name
    OR NEW.folder IS NOT OLD.folder
    OR NEW.created_at IS NOT OLD.created_at
BEGIN
    SELECT RAISE(ABORT, 'trigger failed: file_place_stays');
END;

-- How many bytes the files of an account have together, kept by the triggers below: adding up a hundred thousand rows
-- before each upload would make each of them slower than the one before.
CREATE TABLE file_usage (
    account_id TEXT NOT NULL
        CONSTRAINT file_usage_pk PRIMARY KEY
        CONSTRAINT file_usage_account_fk REFERENCES account (id),

    bytes      INTEGER NOT NULL
        CONSTRAINT file_usage_bytes_counts CHECK (bytes >= 0)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER file_usage_grows AFTER INSERT ON file
BEGIN
    INSERT INTO file_usage (account_id, bytes) VALUES (NEW.account_id, NEW.size)
    ON CONFLICT (account_id) DO UPDATE SET bytes = bytes + NEW.size;
END;

CREATE TRIGGER file_usage_changes AFTER UPDATE ON file
BEGIN
    UPDATE file_usage SET bytes = bytes - OLD.size + NEW.size WHERE account_id = NEW.account_id;
END;

CREATE TRIGGER file_usage_shrinks AFTER DELETE ON file
BEGIN
    UPDATE file_usage SET bytes = bytes - OLD.size WHERE account_id = OLD.account_id;
END;

-- A row is a token that a signed upload has used up. It is kept until no signature with it could be accepted any more.
CREATE TABLE upload_token (
    -- In whose account: two accounts may use the same token.
    account_id TEXT NOT NULL
        CONSTRAINT upload_token_account_fk REFERENCES account (id),

    -- SHA-256 of the token.
    digest     BLOB NOT NULL
        CONSTRAINT upload_token_digest_is_32_bytes CHECK (length(digest) = 32),

    -- Unix milliseconds: the expiry that was signed with it.
    expires_at INTEGER NOT NULL,

    -- Lets one of many requests with the same token win.
    CONSTRAINT upload_token_pk PRIMARY KEY (account_id, digest)
) STRICT, WITHOUT ROWID;

-- Serves the sweep.
CREATE INDEX upload_token_by_end ON upload_token (expires_at);
