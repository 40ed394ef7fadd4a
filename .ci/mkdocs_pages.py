"""Hooks of the site: pages that lie elsewhere in the repository come along, links follow them, and nothing is fetched to be seen."""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(\]\()([^)#:\s]+)((?:#[^)\s]*)?\))")
FETCHED = re.compile(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//[^>]*>")


def elsewhere() -> dict[str, str]:
    """Pages outside of docs/, and where they are on the site."""
    measured = {f"benchmarks/{page.name}": f"measured/{page.name}" for page in sorted((ROOT / "benchmarks").glob("*.md"))}
    cards = {
        page.relative_to(ROOT).as_posix(): f"adapters/{page.parent.name}.md"
        for page in sorted((ROOT / "agents" / "adapters" / "shipped").glob("*/README.md"))
    }
    top = {"CONTRIBUTING.md": "contributing-code.md", "CHANGELOG.md": "changelog.md", "examples/demo/README.md": "demo.md"}
    return {**top, **measured, **cards}


def on_config(config: Any) -> Any:
    """The rest of the table of contents, which is what lies in the folders."""
    added = elsewhere()
    decisions = [f"decisions/{page.name}" for page in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    decisions.sort(key=lambda page: not page.endswith("README.md"))
    config.nav += [
        {"Measured": [place for place in added.values() if place.startswith(("measured/", "adapters/"))]},
        {"Decisions": decisions},
        {
            "Project": [
                "contributing-code.md",
                "contributing.md",
                "demo.md",
                "changelog.md",
            ]
        },
    ]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Add the pages from elsewhere, with the pictures that lie beside them."""
    for source, place in elsewhere().items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / source)))
        for picture in sorted((ROOT / source).parent.glob("*.svg")):
            if (target := f"{posixpath.dirname(place)}/{picture.name}") not in files.src_uris:
                files.append(File.generated(config, target, abs_src_path=str(picture)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Links of the repository become links of the site; what is not on the site is a warning, and so an error."""
    added = elsewhere()
    here = next((source for source, place in added.items() if place == page.file.src_uri), f"docs/{page.file.src_uri}")

    def linked(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(here), found[2]))
        place = added.get(target) or (target[len("docs/") :] if target.startswith("docs/") else None)
        if target == "README.md":
            place = "index.md"
        if place is None and here in added:  # a picture beside a page from elsewhere, or a file of code
            return found[0]
        return f"{found[1]}{posixpath.relpath(place or target, posixpath.dirname(page.file.src_uri) or '.')}{found[3]}"

    return "".join(
        part if at % 2 else LINK.sub(linked, part) for at, part in enumerate(re.split(r"(^```.*?^```$)", markdown, flags=re.M | re.S))
    )


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Refuses a page that would fetch anything from elsewhere to be seen."""
    if fetched := FETCHED.search(re.sub(r"<link rel=\"canonical\"[^>]*>", "", output)):
        raise PluginError(f"{page.file.src_uri} would fetch something: {fetched[0]}")
    return output
