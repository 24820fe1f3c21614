SELECT
    id,
    account_id,
    version_id,
    version,
    name,
    folder,
    size,
    image_type,
    tags,
    private,
    published,
    coordinates,
    metadata,
    description,
    uploaded_by_pair,
    uploaded_by_user,
    created_at,
    updated_at
FROM file
WHERE account_id = ?1
    AND (?2 IS NULL OR folder = ?2)
    AND (?3 IS NULL OR name = ?3)
    AND (?4 IS NULL OR substr(name, 1, length(?4)) = ?4)
    AND (?10 IS NULL OR instr(lower(name), lower(?10)) > 0)
    AND (?5 IS NULL OR (image_type IS NOT NULL) = ?5)
ORDER BY
    CASE WHEN ?6 = 'name' AND NOT ?7 THEN name END,
    CASE WHEN ?6 = 'name' AND ?7 THEN name END DESC,
    (CASE ?6 WHEN 'size' THEN size WHEN 'updated' THEN updated_at ELSE created_at END) * (CASE WHEN ?7 THEN -1 ELSE 1 END),
    (CASE WHEN ?7 THEN -number ELSE number END)
LIMIT ?8 OFFSET ?9
