"""The film: what makes a photo look as if a disposable camera had taken it. Bytes in, bytes out.

    filter.filter_photo(photo_id, data, taken_on)       filters a photo in this process
    sandbox.pool.Pool(workers=2)                        filters photos in processes with limits, which can be killed

docs/film.md says what the look does, and shows it.
"""
