-- What an engineer would make for these screens: keys, the indexes that the queries use, and sizes kept in columns.
-- Rows that somebody deletes are gone. Images' keys follow from photos' ids.

CREATE TABLE users (
    id uuid PRIMARY KEY,
    handle text NOT NULL UNIQUE,
    display_name text NOT NULL,
    bio text NOT NULL DEFAULT '',
    zone text NOT NULL,
    avatar_id uuid,
    registered_at timestamptz NOT NULL,
    active boolean NOT NULL DEFAULT true,
    followers integer NOT NULL DEFAULT 0,
    following integer NOT NULL DEFAULT 0,
    photos integer NOT NULL DEFAULT 0,
    rolls integer NOT NULL DEFAULT 0
);

CREATE TABLE follows (
    follower_id uuid NOT NULL REFERENCES users,
    followee_id uuid NOT NULL REFERENCES users,
    followed_at timestamptz NOT NULL,
    PRIMARY KEY (follower_id, followee_id)
);
CREATE INDEX ON follows (followee_id, followed_at DESC);

CREATE TABLE photos (
    id uuid PRIMARY KEY,
    owner_id uuid NOT NULL REFERENCES users,
    taken_at timestamptz NOT NULL,
    develops_at timestamptz NOT NULL,
    developed boolean NOT NULL DEFAULT false,
    on_profile boolean NOT NULL,
    full_width integer, full_height integer,
    feed_width integer, feed_height integer,
    thumb_width integer, thumb_height integer,
    blurhash text,
    likes integer NOT NULL DEFAULT 0,
    comments integer NOT NULL DEFAULT 0
) WITH (fillfactor = 80); -- counting a like then needs no new index entry
CREATE INDEX ON photos (owner_id, develops_at DESC, taken_at DESC, id DESC) WHERE on_profile;
ALTER TABLE users ADD FOREIGN KEY (avatar_id) REFERENCES photos;

CREATE TABLE rolls (
    id uuid PRIMARY KEY,
    creator_id uuid NOT NULL REFERENCES users,
    title text NOT NULL,
    theme text NOT NULL,
    visibility text NOT NULL CHECK (visibility IN ('public', 'private')),
    cover_id uuid REFERENCES photos,
    created_at timestamptz NOT NULL,
    last_activity timestamptz,
    photos integer NOT NULL DEFAULT 0,
    members integer NOT NULL DEFAULT 0,
    followers integer NOT NULL DEFAULT 0,
    developing integer NOT NULL DEFAULT 0
);

CREATE TABLE members (
    roll_id uuid NOT NULL REFERENCES rolls,
    user_id uuid NOT NULL REFERENCES users,
    role text NOT NULL CHECK (role IN ('owner', 'member')),
    joined_at timestamptz NOT NULL,
    PRIMARY KEY (roll_id, user_id)
);
CREATE INDEX ON members (user_id, joined_at DESC, roll_id DESC);
CREATE INDEX ON members (roll_id, joined_at DESC, user_id DESC);

CREATE TABLE roll_follows (
    roll_id uuid NOT NULL REFERENCES rolls,
    follower_id uuid NOT NULL REFERENCES users,
    followed_at timestamptz NOT NULL,
    PRIMARY KEY (roll_id, follower_id)
);

-- A photo's times stand here as well, so that a roll's newest photos are one range of one index.
CREATE TABLE placements (
    roll_id uuid NOT NULL REFERENCES rolls,
    photo_id uuid NOT NULL REFERENCES photos,
    develops_at timestamptz NOT NULL,
    taken_at timestamptz NOT NULL,
    PRIMARY KEY (photo_id, roll_id)
);
CREATE INDEX ON placements (roll_id, develops_at DESC, taken_at DESC, photo_id DESC);

CREATE TABLE likes (
    photo_id uuid NOT NULL REFERENCES photos,
    user_id uuid NOT NULL REFERENCES users,
    liked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, photo_id)
);
CREATE INDEX ON likes (photo_id, liked_at DESC, user_id DESC);

CREATE TABLE comments (
    id uuid PRIMARY KEY,
    photo_id uuid NOT NULL REFERENCES photos,
    author_id uuid NOT NULL REFERENCES users,
    text text NOT NULL,
    posted_at timestamptz NOT NULL
);
CREATE INDEX ON comments (photo_id, posted_at DESC, id DESC);
