"""What a database server says of itself that went wrong, and what that means for the one who asked."""

from schema.errors import StoreBusy, StoreFailed, StoreUnavailable

_READ_ONLY = ("WriteOnReadOnlyAccessDatabase", "ForbiddenOnReadOnlyDatabase")
# What Neo4j says whose disk is full (2026.08): it does not name the disk, and opens no transaction until it is started again.
_CANNOT_WRITE = ("TransactionLogError", "TransactionCommitFailed")
_STOPPED = "needs to be restarted"


def server_failure(place: str, code: str, said: str, reason: str) -> StoreFailed:
    """The error for a status code such as `Neo.TransientError.Transaction.DeadlockDetected`; `reason` is what was `said`, for a message."""
    if code.endswith(_READ_ONLY):
        return StoreFailed(f"the graph at {place} can only be read: the settings of its server or of its database say so ({reason})")
    if code.startswith("Neo.DatabaseError") and (code.endswith(_CANNOT_WRITE) or _STOPPED in said):
        return StoreUnavailable(
            f"the server runs but cannot write {place}, most likely because its disk is full: free some and start it again, what was"
            f" committed stays ({reason})"
        )
    if "Bookmark" in code:
        return StoreUnavailable(f"{place} lacks what was written before: it lags behind, or an older copy took its place ({reason})")
    if code.endswith("NotALeader"):
        return StoreUnavailable(f"the cluster at {place} has no leader to write to for now ({reason})")
    if "DatabaseUnavailable" in code:
        return StoreUnavailable(
            f"the server runs but does not open {place}: it is starting, or a bulk import was cut short: do that again ({reason})"
        )
    if code.startswith("Neo.TransientError"):
        return StoreBusy(f"other writers kept the graph at {place} busy: {reason}")
    return StoreFailed(f"the graph at {place}: {reason}")
