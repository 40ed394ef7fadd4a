"""What servers say when they cannot: away, full, only to be read, busy; codes and texts are those of Neo4j 2026.08."""

import pytest

from graph_store.server_failures import server_failure
from schema.errors import StoreBusy, StoreFailed, StoreUnavailable

SAID = {
    "Neo.ClientError.General.WriteOnReadOnlyAccessDatabase": (StoreFailed, "can only be read"),
    "Neo.TransientError.General.ForbiddenOnReadOnlyDatabase": (StoreFailed, "can only be read"),
    "Neo.DatabaseError.Transaction.TransactionLogError": (StoreUnavailable, "disk is full: free some and start it again"),
    "Neo.TransientError.Database.DatabaseUnavailable": (StoreUnavailable, "runs but does not open"),
    "Neo.TransientError.Transaction.BookmarkTimeout": (StoreUnavailable, "lags behind"),
    "Neo.ClientError.Transaction.InvalidBookmark": (StoreUnavailable, "an older copy took its place"),
    "Neo.TransientError.Cluster.NotALeader": (StoreUnavailable, "no leader"),
    "Neo.TransientError.Transaction.DeadlockDetected": (StoreBusy, "other writers"),
    "Neo.DatabaseError.General.UnknownError": (StoreFailed, "at home: reason"),
    "": (StoreFailed, "at home: reason"),
}


@pytest.mark.parametrize("code", SAID)
def test_each_failure_is_what_a_caller_would_do_about_it_and_names_the_place(code: str) -> None:
    kind, words = SAID[code]
    failure = server_failure("home", code, "reason: all of it", "reason")
    assert type(failure) is kind
    assert words in str(failure)
    assert "home" in str(failure)


def test_a_server_that_stopped_after_its_disk_was_full_is_away_until_it_is_started_again() -> None:
    said = "The database has encountered a critical error, and needs to be restarted. Please see database logs for more details."
    failure = server_failure("home", "Neo.DatabaseError.Transaction.TransactionStartFailed", said, said)
    assert type(failure) is StoreUnavailable
    assert "start it again" in str(failure)
