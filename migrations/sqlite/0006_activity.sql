-- The account's trail is read a page at a time, newest first, through filters. Everything a filter looks at is in this
-- index, so that a filter that matches little reads the index and not the rows: it takes the place of
-- audit_event_of_account, which had only the order.
DROP INDEX audit_event_of_account;

-- Serves an account's records in the order of writing, from any place in it, in either direction, filtered.
CREATE INDEX audit_event_trail
    ON audit_event (account_id, number, at, act, actor_kind, actor_id, actor_name);
