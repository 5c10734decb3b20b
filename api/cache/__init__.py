"""A cache of rows, in each process of the API and shared by a fleet.

**The rule.** A kept answer is given to a request only if the read that it comes from *began* after every position in
the request's `Darkroom-After` was known to have been passed; and never when it is older than `cache_seconds`.

Why that is enough to read one's own writes:

- A worker writes the rows of a batch, and only when they are acknowledged says in `progress` that it has passed them.
  So `progress` may be behind the rows, and is never ahead of them: the row of a record is there before its position can
  be seen to have been passed, and a read that begins after that finds it.
- The moment at which a position is *known* to have been passed is that at which the answer of a read of `progress`
  arrived (`web.read_your_writes`). It is later than the one at which it was passed, which costs a hit and nothing else.
  `progress` itself is never cached.
- A read began when it was about to be sent, which is before the database looked at anything. Both moments are readings
  of one clock of one process, and of two equal readings neither counts as the later.
- Whoever joins a read under way gets the answer of that read, so the rule is the same: it must have begun late enough.
- What a request combines of several answers is as old as the oldest of them, and each of them satisfies the rule.
- What is built of several answers and kept itself (`Answers.built`: a prepared screen, and what a viewer has to do with
  it; see `api.answers`) began when the oldest read in it began, and is given under the same rule. Who joins while it is
  being built looks at that moment too, and builds it anew if it is too early. What is made of it without reading, a
  view, is kept under its number, so that whoever finds it has been given that.

**With several replicas** it holds as it is: rows and `progress` are written and read at LOCAL_QUORUM, so a read that
begins after a write was acknowledged meets it in at least one replica. A write that wasn't acknowledged is repeated
until it is, before `progress`. It holds in one datacenter: to a second one rows and `progress` travel on their own, and
a client that asks there may miss its write with or without a cache.

**Where a database loses rows** that it had acknowledged (docs/design.md, section 3: fewer replicas than a quorum kept
their commit log), the premise is gone until the worker has folded them again, and a read without a cache lacks them
too. What the cache adds: an answer that was read in between is given for `cache_seconds` after the row is back. If
`progress` fell back too, what was known of it is forgotten: a position counts as passed only once it is seen to be
passed anew, so who waits for it then gets only what was read after the healing.

**One lifetime for everything.** No row here is immutable: a bucket of a past day gets a late placement, the index a new
bucket, a photo's row holds its end beside what never changes, an ended membership may be corrected by a redrive, and
what somebody wrote is erased. "There is no such row" changes most of all. So all of it is kept equally long.
"""
