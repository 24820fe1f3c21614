-- How large images are, as their first bytes say. Null for what is no image, where they do not say it, and for files that came
-- before this migration: their bytes are not read again.

-- In pixels, as stored: an orientation in the metadata of a photograph is not looked at.
ALTER TABLE file ADD COLUMN width INTEGER
    CONSTRAINT file_width_counts CHECK (width BETWEEN 1 AND 4294967295);

ALTER TABLE file ADD COLUMN height INTEGER
    CONSTRAINT file_height_counts CHECK (height BETWEEN 1 AND 4294967295)
    CONSTRAINT file_width_and_height CHECK ((width IS NULL) = (height IS NULL))
    CONSTRAINT file_size_is_of_an_image CHECK (width IS NULL OR image_type IS NOT NULL);
