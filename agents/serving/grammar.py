"""A JSON schema as a grammar of compact JSON: servers that hold to a schema otherwise let free whitespace in. Pure."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

_BASIC = {
    "string": r'"\"" ([^"\\\x00-\x1F] | "\\" (["\\/bfnrt] | "u" [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F] [0-9a-fA-F]))* "\""',
    "integer": r'"-"? ("0" | [1-9] [0-9]*)',
    "number": r'"-"? ("0" | [1-9] [0-9]*) ("." [0-9]+)? ([eE] [+-]? [0-9]+)?',
    "boolean": '"true" | "false"',
    "null": '"null"',
}


class _Unknown(Exception):
    """Something in a schema that this grammar does not say."""


def compact_grammar(schema: Mapping[str, Any]) -> str | None:
    """The grammar (EBNF, as xgrammar and llama.cpp read it) of a schema's instances; None where the schema says more than it can.

    Known are objects whose properties are all required (in that order), arrays with minItems and maxItems, enum, const, anyOf,
    and the basic types.
    """
    rules: dict[str, str] = {}
    try:
        rules["root"] = _expression(schema, rules)
    except _Unknown:
        return None
    return "\n".join(f"{name} ::= {body}" for name, body in reversed(rules.items()))


def _expression(schema: Mapping[str, Any], rules: dict[str, str]) -> str:
    if "enum" in schema or "const" in schema:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        return " | ".join(_literal(_compact(value)) for value in values)
    if "anyOf" in schema:
        return " | ".join(_rule(option, rules) for option in schema["anyOf"])
    kind = schema.get("type")
    if kind == "object":
        return _object(schema, rules)
    if kind == "array" and "items" in schema:
        return _array(schema, rules)
    if kind in _BASIC and not schema.keys() - {"type", "description", "title"}:
        return _BASIC[kind]
    raise _Unknown(str(kind))


def _object(schema: Mapping[str, Any], rules: dict[str, str]) -> str:
    properties = schema.get("properties", {})
    if set(schema.get("required", ())) != properties.keys() or not properties:
        raise _Unknown("an object with optional properties")
    parts = []
    for number, (key, value) in enumerate(properties.items()):
        parts += [_literal(("," if number else "{") + _compact(key) + ":"), _rule(value, rules)]
    return " ".join([*parts, _literal("}")])


def _array(schema: Mapping[str, Any], rules: dict[str, str]) -> str:
    least, most = schema.get("minItems", 0), schema.get("maxItems")
    item = _rule(schema["items"], rules)
    further = f'("," {item}){{{max(0, least - 1)},{"" if most is None else most - 1}}}'
    some = f"{item} {further}"
    if most == 0:
        return _literal("[]")
    return f"{_literal('[')} {some} {_literal(']')}" if least else f"{_literal('[')} ({some})? {_literal(']')}"


def _rule(schema: Mapping[str, Any], rules: dict[str, str]) -> str:
    body = _expression(schema, rules)
    name = next((known for known, said in rules.items() if said == body), f"r{len(rules)}")
    rules[name] = body
    return name


def _compact(value: object) -> str:
    return _literal(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=1 << 12)
def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
