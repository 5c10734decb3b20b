"""The peer's SQL. In every query $1 is what is asked for, and $2 who asks; a screen takes one, two or three.

A photo that isn't due, a roll that is private, and a person who is deactivated are left out by the queries themselves.
"""

ONE_MORE = 31  # than a page holds, to know whether there is another

SEEN_ROLL = "(r.visibility = 'public' OR EXISTS (SELECT FROM members s WHERE s.roll_id = r.id AND s.user_id = $2))"
NEWEST_FIRST = "x.develops_at DESC, x.taken_at DESC, x.photo_id DESC"
DUE = "p.developed AND p.develops_at <= now()"
PERSON = "u.handle, u.display_name, a.id AS avatar_id, a.thumb_width AS avatar_width, a.thumb_height AS avatar_height"
AVATAR = "LEFT JOIN photos a ON a.id = u.avatar_id AND a.developed AND a.develops_at <= now()"

PHOTO = f"""
SELECT p.id, p.owner_id, p.taken_at, p.develops_at, p.blurhash, p.likes, p.comments,
       p.full_width, p.full_height, p.feed_width, p.feed_height, p.thumb_width, p.thumb_height,
       EXISTS (SELECT FROM likes l WHERE l.photo_id = p.id AND l.user_id = $2) AS liked, w.rolls, {PERSON}
"""
OF_PHOTO = f"""
JOIN users u ON u.id = p.owner_id AND (u.active OR u.id = $2)
{AVATAR}
LEFT JOIN LATERAL (
    SELECT array_agg((r.id, r.title, r.visibility) ORDER BY r.id) AS rolls
    FROM placements h JOIN rolls r ON r.id = h.roll_id
    WHERE h.photo_id = p.id AND {SEEN_ROLL}
) w ON true
"""
PHOTOS_OF_ROLL = f"""{PHOTO}
FROM placements x JOIN photos p ON p.id = x.photo_id {OF_PHOTO}
WHERE x.roll_id = $1 AND x.develops_at <= now() AND p.developed
ORDER BY {NEWEST_FIRST} LIMIT {ONE_MORE}
"""
PHOTOS_OF_USER = f"""{PHOTO}
FROM photos p {OF_PHOTO}
WHERE p.owner_id = $1 AND p.on_profile AND {DUE}
ORDER BY p.develops_at DESC, p.taken_at DESC, p.id DESC LIMIT {ONE_MORE}
"""
ONE_PHOTO = f"{PHOTO} FROM photos p {OF_PHOTO} WHERE p.id = $1 AND {DUE} AND (p.on_profile OR w.rolls IS NOT NULL)"
COMMENTS = f"""
SELECT c.id, c.photo_id, c.author_id, c.text, c.posted_at, {PERSON}
FROM comments c JOIN users u ON u.id = c.author_id AND (u.active OR u.id = $2) {AVATAR}
WHERE c.photo_id = $1
ORDER BY c.posted_at DESC, c.id DESC LIMIT {ONE_MORE}
"""

ROLL = """
SELECT r.id, r.title, r.theme, r.visibility, r.creator_id, r.created_at, r.last_activity,
       r.photos, r.members, r.followers, r.developing, n.thumbs,
       c.id AS cover_id, c.feed_width AS cover_width, c.feed_height AS cover_height,
       (SELECT role FROM members m WHERE m.roll_id = r.id AND m.user_id = $2) AS role,
       EXISTS (SELECT FROM roll_follows f WHERE f.roll_id = r.id AND f.follower_id = $2) AS following
"""
OF_ROLL = f"""
LEFT JOIN LATERAL (
    SELECT array_agg((t.id, t.thumb_width, t.thumb_height)) AS thumbs, (array_agg(t.id))[1] AS newest
    FROM (
        SELECT p.id, p.thumb_width, p.thumb_height
        FROM placements x JOIN photos p ON p.id = x.photo_id
        WHERE x.roll_id = r.id AND x.develops_at <= now() AND p.developed
        ORDER BY {NEWEST_FIRST} LIMIT 3
    ) t
) n ON true
LEFT JOIN photos c ON c.id = coalesce(r.cover_id, n.newest) AND c.developed AND c.develops_at <= now()
"""
ONE_ROLL = f"""{ROLL},
       (SELECT min(develops_at) FROM placements x WHERE x.roll_id = r.id AND x.develops_at > now()) AS ready_at,
       {PERSON}
FROM rolls r {OF_ROLL} JOIN users u ON u.id = r.creator_id {AVATAR}
WHERE r.id = $1 AND {SEEN_ROLL}
"""
ROLLS_OF_USER = f"""{ROLL}, {PERSON}
FROM members o JOIN rolls r ON r.id = o.roll_id {OF_ROLL} JOIN users u ON u.id = r.creator_id {AVATAR}
WHERE o.user_id = $1 AND {SEEN_ROLL}
ORDER BY o.joined_at DESC, o.roll_id DESC LIMIT {ONE_MORE}
"""
USER = f"""
SELECT u.id, u.bio, u.followers, u.following, u.photos, u.rolls, {PERSON},
       EXISTS (SELECT FROM follows f WHERE f.follower_id = $2 AND f.followee_id = u.id) AS followed,
       EXISTS (SELECT FROM follows f WHERE f.follower_id = u.id AND f.followee_id = $2) AS follows
"""
ONE_USER = f"{USER} FROM users u {AVATAR} WHERE u.id = $1 AND (u.active OR u.id = $2)"
MEMBERS = f"""{USER}, m.role, m.joined_at
FROM members m JOIN users u ON u.id = m.user_id AND (u.active OR u.id = $2) {AVATAR}
WHERE m.roll_id = $1
ORDER BY m.joined_at DESC, m.user_id DESC LIMIT {ONE_MORE}
"""

LIKE = f"""
WITH shown AS (
    SELECT p.id FROM photos p JOIN users u ON u.id = p.owner_id AND u.active
    WHERE p.id = $1 AND {DUE} AND (p.on_profile OR EXISTS (
        SELECT FROM placements h JOIN rolls r ON r.id = h.roll_id WHERE h.photo_id = p.id AND {SEEN_ROLL}
    ))
), liked AS (
    INSERT INTO likes (photo_id, user_id) SELECT id, $2 FROM shown ON CONFLICT DO NOTHING RETURNING photo_id
), counted AS (
    UPDATE photos SET likes = likes + 1 FROM liked WHERE photos.id = liked.photo_id
)
SELECT EXISTS (SELECT FROM shown)
"""
