SELECT
    key_pair.id,
    key_pair.account_id,
    key_pair.public_key,
    key_pair.digest,
    key_pair.digest_master_key_id,
    key_pair.created_at,
    key_pair.rolled_at,
    key_pair.expires_at,
    key_pair.end_passed,
    key_pair.revoked_at,
    account.external_id,
    account.disabled_at
FROM key_pair
CROSS JOIN account ON account.id = key_pair.account_id
WHERE key_pair.id = ?
