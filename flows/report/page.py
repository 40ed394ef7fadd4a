"""The report as one HTML page: every text escaped, every script known by its hash, nothing fetched from anywhere."""

import base64
import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import altair as alt
import vl_convert
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATE = "report.html.jinja"

_LOADER = """
const specs = JSON.parse(document.getElementById("specs").textContent);
for (const [id, spec] of Object.entries(specs)) {
  vegaEmbed(document.getElementById(id), spec, {mode: "vega-lite", renderer: "svg", actions: false, ast: true})
    .catch((error) => { document.getElementById(id).textContent = "This picture could not be drawn: " + error.message; });
}
"""


def page(specs: Mapping[str, Any], **shown: object) -> str:
    """The whole page; `specs` are the pictures by the id of the element that each goes into, `shown` is what the template asks for."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    # Scripts of ours and of packages that we name; everything else is escaped.
    scripts = {"bundle": Markup(_bundle()), "loader": Markup(_LOADER)}  # noqa: S704
    hashes = [_hash(script) for script in scripts.values()]
    return environment.get_template(TEMPLATE).render(specs=_json(specs), script_hashes=hashes, **scripts, **shown)


def _json(value: object) -> Markup:
    # Inside a script element only the HTML parser's words are dangerous: </script> and <!--.
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return Markup(text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029"))  # noqa: S704


def _hash(script: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


@cache
def _bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed, from inside the vl-convert package."""
    version = ".".join(alt.SCHEMA_VERSION.split(".")[:2])
    bundle: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=version)
    return bundle.replace("</script", "<\\/script").replace("<!--", "<\\!--").replace("\r", "")
