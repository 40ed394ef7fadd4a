"""Addresses to listen at, as people write them."""

import re

LOOPBACK = "127.0.0.1"
_PLACE = re.compile(r"(?:(?P<address>[\w.-]+|\[[0-9a-fA-F:]+\]):|:)?(?P<port>[0-9]{1,5})")


def place_to_listen(written: str) -> str:
    """`9464`, `:9464` or `address:9464` as address:port, on this machine alone unless an address is given; raises ValueError."""
    found = _PLACE.fullmatch(written.strip())
    if found is None or not 0 < int(found["port"]) < 65536:
        raise ValueError(f"is no address and port, such as {LOOPBACK}:9464")
    return f"{found['address'] or LOOPBACK}:{found['port']}"
