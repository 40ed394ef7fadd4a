"""Bytes to records: what every format needs of a file, in bounded memory."""
