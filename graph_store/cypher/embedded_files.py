"""What the embedded server is told by files and arguments: users, rights, logging, Java; and the file that lets Java start faster."""

import hashlib
import importlib.util
import json
import os
import secrets
import sys
import time
from base64 import b64encode
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from graph_store.holder_lock import HolderLock
from graph_store.sealed_files import damage

DATABASE = "graph"
READER = "reader"
SEAL = "sealed.json"
_LONGEST_STATEMENT_MS = 600_000
_STALE_S = 600.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """Passwords of the one who writes and the one who can only read; made anew for each server, and kept nowhere."""

    root: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    reader: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)


def package_folder() -> str:
    """Where the package lies that brings database and Java."""
    found = importlib.util.find_spec("arcadedb_embedded")
    assert found is not None
    assert found.submodule_search_locations is not None
    return str(next(iter(found.submodule_search_locations)))


def holder_lock(directory: Path) -> HolderLock:
    """The right to start the database of a directory."""
    return HolderLock(directory / "holder.lock", f"the graph in {directory} is held")


def java_arguments(directory: Path, heap: str) -> list[str]:
    """How Java is started: little and soon, and gone where its memory is full."""
    logging = directory / "log" / "logging.properties"
    return [
        f"-Xmx{heap}",
        "-XX:+ExitOnOutOfMemoryError",  # what else a thread without memory leaves behind nobody knows
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseCompactObjectHeaders",
        "-XX:-UsePerfData",
        f"-XX:ErrorFile={directory / 'log' / 'crash-%p.log'}",
        "-Xrs",  # signals are Python's
        "--sun-misc-unsafe-memory-access=allow",  # the web server inside frees buffers that way, and Java would remark on it
        "--enable-native-access=ALL-UNNAMED",
        "--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED",
        "--add-opens=java.base/java.nio.channels.spi=ALL-UNNAMED",  # or a query that is interrupted closes the files for all
        "--add-opens=java.base/java.lang=ALL-UNNAMED",
        "-Djava.awt.headless=true",
        "-Dfile.encoding=UTF8",
        "-Dpolyglot.engine.WarnInterpreterOnly=false",
        f"-Djava.util.logging.config.file={logging}",
        "-Darcadedb.txWalFlush=1",  # a commit is on disk before it is acknowledged
        "-Darcadedb.opencypher.loadCsv.allowFileUrls=false",
        "-Darcadedb.opencypher.loadCsv.allowRemoteUrls=false",
        f"-Darcadedb.command.timeout={_LONGEST_STATEMENT_MS}",  # the reader's limit does not see loops without data
    ]


def server_settings(directory: Path) -> dict[str, Any]:
    """ArcadeDB's own settings, but for its ports."""
    return {
        "arcadedb.server.rootPath": str(directory),
        "arcadedb.server.mode": "development",  # the other one hides why a statement failed
        "arcadedb.server.httpIncomingHost": "127.0.0.1",
        "arcadedb.server.plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
        "arcadedb.bolt.host": "127.0.0.1",
        "arcadedb.bolt.defaultDatabase": DATABASE,
    }


def write_configuration(directory: Path, credentials: Credentials, limit_s: float) -> None:
    """Users, what each may do, and where the log goes: the server reads them when it starts. `limit_s` is that of the reader's queries."""
    (directory / "log").mkdir(parents=True, exist_ok=True)
    _write_logging(directory / "log")
    config = directory / "config"
    config.mkdir(exist_ok=True)
    (config / "server-groups.json").write_text(_groups(limit_s), encoding="utf-8")
    path = config / "server-users.jsonl"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        for name, password, rights in (("root", credentials.root, {"*": ["admin"]}), (READER, credentials.reader, {DATABASE: [READER]})):
            file.write(json.dumps({"name": name, "password": _hashed(password), "databases": rights}) + "\n")
    # Versions before kept passwords there.
    (directory / "credentials.json").unlink(missing_ok=True)


def _hashed(password: str) -> str:
    # Once: what has 192 random bits needs no more, and a thousand rounds would be a part of every start.
    salt = b64encode(secrets.token_bytes(32)).decode()
    return f"PBKDF2WithHmacSHA256$1${salt}${b64encode(hashlib.pbkdf2_hmac('sha256', password.encode(), salt.encode(), 1, 32)).decode()}"


def _groups(limit_s: float) -> str:
    everything = ["createRecord", "readRecord", "updateRecord", "deleteRecord"]

    def group(access: list[str], records: list[str], limit_ms: int) -> dict[str, Any]:
        return {"resultSetLimit": -1, "readTimeout": limit_ms, "access": access, "types": {"*": {"access": records}}}

    groups = {
        "admin": group(["updateSecurity", "updateSchema", "updateDatabaseSettings"], everything, -1),
        READER: group([], ["readRecord"], int(limit_s * 1000)),
        "*": group([], [], -1),
    }
    return json.dumps({"databases": {"*": {"groups": groups}}, "version": 2}, indent=2)


def _write_logging(folder: Path) -> None:
    pattern = str(folder / "arcadedb.log").replace("\\", "/").replace("%", "%%")
    (folder / "logging.properties").write_text(
        "handlers=java.util.logging.FileHandler\n"
        ".level=WARNING\n"
        f"java.util.logging.FileHandler.pattern={pattern}\n"
        "java.util.logging.FileHandler.limit=10000000\n"
        "java.util.logging.FileHandler.count=2\n"
        "java.util.logging.FileHandler.append=true\n"
        "java.util.logging.FileHandler.formatter=java.util.logging.SimpleFormatter\n",
        encoding="utf-8",
    )


def start_cache(folder: Path | None, java: list[str]) -> tuple[list[str], str | None]:
    """What to tell Java besides, and the file that it is to make for the next starts where there is none; both by what was asked of it.

    Java itself looks whether the file fits the program, and does without where it does not.
    """
    if folder is None:
        return [], None
    told = [
        package_folder(),
        version("arcadedb-embedded"),
        version("jpype1"),
        sys.version,
        *(each for each in java if each.startswith("-X")),
    ]
    path = folder / f"{hashlib.sha256(repr(told).encode()).hexdigest()[:16]}.aot"
    if path.is_file():
        return [f"-XX:AOTCache={path}"], None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = Path(f"{path}.lock")
        if lock.exists() and time.time() - lock.stat().st_mtime > _STALE_S:
            lock.unlink(missing_ok=True)
        lock.touch(exist_ok=False)
    except OSError:  # another process is about it, or nothing can be kept there
        return [], None
    return [], str(path)


def database_in(directory: Path) -> Path:
    """Where the database of a directory lies, if it has one."""
    return directory / "databases" / DATABASE


def damage_in(directory: Path) -> str:
    """What is wrong with the files of a directory's database, since it was closed; empty where nothing is."""
    return damage(database_in(directory), directory / SEAL)


def name_in(directory: Path) -> str:
    """What the graph of a directory is and where."""
    return f"embedded ArcadeDB {version('arcadedb-embedded')} in {directory}"
