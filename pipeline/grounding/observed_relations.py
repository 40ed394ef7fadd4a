"""Relations between Type|ID pairs, many at once: observations, and for each line that brings none the rule that it breaks."""

from dataclasses import dataclass
from functools import lru_cache

import polars as pl

from pipeline.columnar import completed, stable_ids
from pipeline.grounding.given_values import Given
from pipeline.grounding.key_columns import LONGEST_KEY, document_keys
from pipeline.identifiers import curies, entity_type
from schema.columns import IDENTITY, OBSERVATION
from schema.errors import InvalidInput, UndatedDocument, UngroundedClaim
from schema.ontology import Ontology

MOST_IN_ONE = 10
"""Entities that one end of a line can name: two ends of ten are a hundred observations."""

# BioRED's names of relations, which PubTator3's own exports write too.
_NAMES = {
    "association": "associate",
    "bind": "interact",
    "comparison": "compare",
    "conversion": "interact",
    "cotreatment": "cotreat",
    "drug_interaction": "drug_interact",
    "negative_correlation": "negative_correlate",
    "positive_correlation": "positive_correlate",
}
_NUMBERED = r"^(?:Gene|Species)\|[1-9][0-9]{0,15}$"
_HEADING = r"^(?:Chemical|Disease)\|MESH:[CD][0-9]{6,15}$"
_ONE_ENTITY = "head and tail are one entity"
_UNDATED = "the document has no date: give one with --dates or --published"
# What cannot be mended comes first: a line that nothing makes right is not said to lack a date only.
_RULES = ("flaw", "document_rule", "relation_rule", "head_rule", "tail_rule", "pair_rule", "own_rule", "confidence_rule", "date_rule")


@dataclass(frozen=True, slots=True)
class RelationRows:
    """What some lines bring: observations (columns as the log has them, and `number`), and those that bring none.

    `refused` has `number`, `line`, `rule` and `error`, the name of the error's class. `taken` lines brought observations.
    """

    observations: pl.DataFrame
    refused: pl.DataFrame
    taken: int


def observe_relations(lines: pl.DataFrame, ontology: Ontology, given: Given) -> RelationRows:
    """Check lines (`number`, `line`, `flaw`, `document`, `relation`, `head`, `tail`) and make them observations.

    Composite identifiers are split, and each entity of one end is joined with each of the other. A relation that the ontology
    allows between these types the other way round only is taken that way.
    """
    rows = _with_relations(_with_documents(lines, given), ontology, given)
    for side in ("head", "tail"):
        rows = _with_end(rows, side, ontology)
    rows = _without_own(_with_pairs(rows, ontology)).with_columns(rule=pl.coalesce(_RULES))
    refused = rows.filter(pl.col("rule").is_not_null()).unique("number", keep="first", maintain_order=True)
    error = pl.when(pl.col("rule") == _UNDATED).then(pl.lit(UndatedDocument.__name__)).otherwise(pl.lit(UngroundedClaim.__name__))
    observations = _observations(rows.filter(pl.col("rule").is_null()), given)
    return RelationRows(
        observations.with_columns(stable_ids(observations, IDENTITY)).unique("id", keep="first", maintain_order=True),
        refused.select("number", "line", "rule", error=error),
        lines.height - refused.height,
    )


def _with_documents(lines: pl.DataFrame, given: Given) -> pl.DataFrame:
    keys = document_keys(lines["document"])
    known = keys.with_columns(given.published_texts(keys["key"]).alias("published"))
    found = lines.join(known, on="document", how="left", maintain_order="left").drop("document").rename({"key": "document"})
    unknown = pl.when(pl.col("document").is_null()).then(
        pl.lit("the document's id is empty, too long, holds a control character or mixes scripts")
    )
    return found.with_columns(document_rule=unknown, date_rule=pl.when(pl.col("published").is_null()).then(pl.lit(_UNDATED)))


def _with_relations(rows: pl.DataFrame, ontology: Ontology, given: Given) -> pl.DataFrame:
    told = []
    for written in rows["relation"].drop_nulls().unique().to_list():
        plain = written.lower().replace("-", "_").replace(" ", "_")
        name = plain if plain in ontology.relations else _NAMES.get(plain, plain)
        known = name in ontology.relations
        unknown = f"relation {written!r} is not one of the ontology {ontology.name}: {', '.join(sorted(ontology.relations))}"
        confidence = given.confidence(name)
        told.append(
            (written, name if known else None, None if known else unknown, confidence, None if confidence is not None else _unset(name))
        )
    columns = {"relation": pl.String, "name": pl.String, "relation_rule": pl.String, "confidence": pl.Float64, "confidence_rule": pl.String}
    relations = pl.DataFrame(told, schema=columns, orient="row")
    return rows.join(relations, on="relation", how="left", maintain_order="left").drop("relation").rename({"name": "relation"})


def _with_end(rows: pl.DataFrame, side: str, ontology: Ontology) -> pl.DataFrame:
    """With the end's key, type and rule; a line whose end names several entities becomes as many rows."""
    ends = _ends(rows[side].drop_nulls().unique()).rename({"cell": side, "type": f"{side}_type", "rule": f"{side}_rule"})
    kind = pl.col(f"{side}_type")
    unknown = pl.format(f"type '{{}}' is not one of the ontology {ontology.name}", kind)
    ends = ends.with_columns(pl.when(kind.is_in(list(ontology.entity_types))).then(f"{side}_rule").otherwise(unknown).alias(f"{side}_rule"))
    return rows.join(ends, on=side, how="left", maintain_order="left").drop(side).rename({"key": side})


def _with_pairs(rows: pl.DataFrame, ontology: Ontology) -> pl.DataFrame:
    """With the ends of each pair where they belong, and what the ontology says against it."""
    told = []
    known = rows.select("head_type", "relation", "tail_type").unique().drop_nulls()
    for head, relation, tail in known.iter_rows():
        turned = not ontology.allows(head, relation, tail)
        refused = turned and not ontology.allows(tail, relation, head)
        rule = f"{relation} may not go from {head} to {tail}, nor the other way round" if refused else None
        told.append((head, relation, tail, turned and not refused, ontology.relations[relation].symmetric, rule))
    kinds = ("head_type", "relation", "tail_type")
    schema = {**dict.fromkeys(kinds, pl.String), "turned": pl.Boolean, "symmetric": pl.Boolean, "pair_rule": pl.String}
    joined = rows.join(pl.DataFrame(told, schema=schema, orient="row"), on=kinds, how="left", maintain_order="left")
    swap = pl.col("turned") | (pl.col("symmetric") & (pl.col("tail") < pl.col("head")))
    ends = (("head", "tail"), ("tail", "head"), ("head_type", "tail_type"), ("tail_type", "head_type"))
    return joined.with_columns(pl.when(swap).then(other).otherwise(one).alias(one) for one, other in ends)


def _without_own(rows: pl.DataFrame) -> pl.DataFrame:
    """Without the pairs of an entity with itself that composites bring; a line with no other pair keeps one, and the rule."""
    own = (rows["head"] == rows["tail"]).fill_null(value=False)
    others = rows.filter(~own).with_columns(own_rule=pl.lit(None, dtype=pl.String))
    if others.height == rows.height:
        return others
    selves = rows.filter(own).join(others, on="number", how="anti").with_columns(own_rule=pl.lit(_ONE_ENTITY))
    return pl.concat([others, selves]).sort("number", maintain_order=True)


def _observations(rows: pl.DataFrame, given: Given) -> pl.DataFrame:
    said = rows.select(
        *("number", "document", "published", "head", "head_type", "relation", "tail", "tail_type", "confidence"),
        source=pl.lit(given.source, dtype=pl.String),
        head_name="head",
        tail_name="tail",
    )
    return completed(said, OBSERVATION)


def _unset(relation: str) -> str:
    return f"{relation} has no confidence: give one with --confidence {relation}=0.7, or one for all others with --confidence 0.7"


def _ends(cells: pl.Series) -> pl.DataFrame:
    """Of each `Type|ID`: `cell`, `type`, and `key` or the `rule` that it breaks; a composite has several rows."""
    named = pl.DataFrame({"cell": cells})
    # Most are of two forms, which need no look at each; `_end` says the same of them.
    numbered, heading = pl.col("cell").str.contains(_NUMBERED), pl.col("cell").str.contains(_HEADING)
    parts = pl.col("cell").str.split_exact("|", 1).struct
    prefix = pl.when(parts.field("field_0") == "Gene").then(pl.lit("NCBIGene:")).otherwise(pl.lit("NCBITaxon:"))
    key = pl.when(heading).then(parts.field("field_1")).otherwise(pl.concat_str(prefix, parts.field("field_1")))
    plain = named.filter(numbered | heading).select("cell", type=parts.field("field_0"), key=key, rule=pl.lit(None, dtype=pl.String))
    others = named.filter(~(numbered | heading))["cell"].to_list()
    told = [(cell, kind, key, rule) for cell in others for kind, keys, rule in [_end(cell)] for key in keys]
    return pl.concat([plain, pl.DataFrame(told, schema=plain.schema, orient="row")])


@lru_cache(maxsize=1 << 16)
def _end(cell: str) -> tuple[str, tuple[str, ...] | tuple[None], str | None]:
    """Type and keys of `Type|ID`, or the rule that it breaks."""
    written, _, identifier = cell.partition("|")
    kind = entity_type(written)
    try:
        keys = curies(identifier, kind)
    except InvalidInput:
        return kind, (None,), "an identifier holds a control character or mixes scripts"
    if not keys:
        return kind, (None,), f"the identifier {identifier[:20]!r} stands for nothing"
    if len(keys) > MOST_IN_ONE:
        return kind, (None,), f"an end names more than {MOST_IN_ONE} entities"
    if max(map(len, keys)) > LONGEST_KEY:
        return kind, (None,), f"an identifier is longer than {LONGEST_KEY} characters"
    return kind, keys, None
