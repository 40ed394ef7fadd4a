"""The folders that the demo makes and, on its next run, makes anew; no other folder is ever touched."""

import shutil
from pathlib import Path

from schema.errors import WrongUse

MARK = "made-by-the-chronokg-demo.txt"


def fresh(path: Path) -> Path:
    """An empty folder with the demo's mark; raises WrongUse where something else lies there."""
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise WrongUse(f"{path} is not a folder that the demo made; give another place with --out")
    if path.is_dir() and any(path.iterdir()):
        if not (path / MARK).is_file():
            raise WrongUse(f"{path} was not made by the demo, so it is left as it is; give another place with --out")
        shutil.rmtree(path)
    path.mkdir(parents=True, exist_ok=True)
    (path / MARK).write_text(
        "Made by examples/demo/run.py, which deletes this folder and makes it anew when it runs again.\n", encoding="utf-8"
    )
    return path
