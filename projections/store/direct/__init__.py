"""Reads over connections of the event loop's own, beside the driver's.

A request over the driver passes through two threads, a timer, four locks and some sixty objects, which cost more than
the database needs for one row (docs/performance.md, `reads_*`). Here a read is one frame written and one received, in
the loop, and a page's rows are made in one pass. All else stays the driver's: which nodes there are and whether they
are up, preparing, writing, retrying, and what an error means. So what doesn't go well here, whatever it is, is asked
again over the driver: a read may be asked any number of times. Only one that nobody answered in time isn't.
"""
