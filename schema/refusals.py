"""What the machine refuses (space, permission, a disk that cannot be written), in plain words whoever reports it."""

import errno
import os

FULL = "no space is left on the disk: free some and run the same command again, what was committed stays"
READ_ONLY = "the disk can only be read: mount it for writing, or copy the home to another"
FORBIDDEN = "permission denied: the user who runs this may not read or write it"

_BY_NUMBER = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EROFS: READ_ONLY,
    errno.EACCES: FORBIDDEN,
    errno.EPERM: FORBIDDEN,
}
_BY_WORDS = {
    "no space left": FULL,
    "disk is full": FULL,
    "quota exceeded": FULL,
    "read-only file system": READ_ONLY,
    "readonly database": READ_ONLY,
    "permission denied": FORBIDDEN,
    "unable to open database file": "the file can be neither opened nor made: look whether its disk is full, or may only be read",
    "disk i/o error": "the disk is full or fails: look at it and run the same command again, what was committed stays",
}


def machine_refusal(cause: BaseException) -> str | None:
    """Why the machine refused and what helps, also where a library hands it on in words of its own; None where it was not the machine."""
    if isinstance(cause, OSError) and cause.errno in _BY_NUMBER:
        return _BY_NUMBER[cause.errno]
    said = str(cause).casefold()
    return next((words for known, words in _BY_WORDS.items() if known in said), None)


def plain_reason(cause: BaseException) -> str:
    """The same, or the first line of what was said."""
    return machine_refusal(cause) or (str(cause).strip().splitlines() or [type(cause).__name__])[0]


def os_error_in_words(cause: OSError, place: object = None) -> str:
    """One sentence on a file that could not be opened, read or written; `place` is where that was, if the error does not say it."""
    where = cause.filename if isinstance(cause.filename, str) else place
    said = machine_refusal(cause) or (os.strerror(cause.errno) if cause.errno else str(cause)) or type(cause).__name__
    return f"{where}: {said}" if where else said
