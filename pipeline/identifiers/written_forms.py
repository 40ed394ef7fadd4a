"""How identifiers are written: which texts are none, whole numbers, and letters that only look alike."""

import re
import unicodedata
from functools import lru_cache

from schema.errors import InvalidInput
from schema.ids import compatible

_MISSING = frozenset({"", "-", "n/a", "na", "none", "null", "nan", "nat", "nil", "<na>", "#n/a", "#value!", "#null!"})
_WHOLE = re.compile(r"([0-9]+)(?:\.0+)?")
_UNUSABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
# Scripts that are written together with Latin letters; Greek letters too, where they do not look like Latin ones.
_BESIDE_LATIN = frozenset({"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "MODIFIER"})
_GREEK_ALIKE = frozenset("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧοϲϳϹͿ")


_CONTROL = re.compile("[\x00-\x1f\x7f\u2028\u2029]")


def control_character(text: str) -> str | None:
    """The first character of a text of one line that breaks it or is no sign at all; None where there is none."""
    found = _CONTROL.search(text)
    return found[0] if found else None


def is_missing(text: str) -> bool:
    """Whether a cell says that it has no value."""
    return text.strip().lower() in _MISSING


def whole_number(text: str) -> str | None:
    """The digits of a whole number, without zeros before them, also of one written as a fraction (`1999.0`); None where it is none."""
    found = _WHOLE.fullmatch(text)
    # Not by way of int, which refuses thousands of digits.
    return (found[1].lstrip("0") or "0") if found else None


def unified(text: str) -> str:
    """A text as identifiers, numbers and dates are read: what is seen of it, in our digits, without blanks around it."""
    seen = compatible(text)
    return (seen if seen.isascii() else "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in seen)).strip()


def storable(text: str, what: str) -> str:
    """The text; raises InvalidInput, which names `what` it is, for control characters and halves of surrogate pairs."""
    if _UNUSABLE.search(text):
        raise InvalidInput(f"the {what} {text!r} holds a control character or half of a surrogate pair")
    return text


def cleaned(text: str, what: str) -> str:
    """An identifier's plain text; raises InvalidInput for one that no store keeps, or that mixes scripts whose letters look alike."""
    plain = storable(unified(text), what)
    if not plain.isascii():
        _check_scripts(plain, text, what)
    return plain


def _check_scripts(plain: str, text: str, what: str) -> None:
    """A prefix is of the script of what follows, or Latin; and neither of them mixes scripts."""
    prefix, _, rest = plain.rpartition(":") if ":" in plain else ("", "", plain)
    for part in (prefix, rest):
        letters = {script: letter for letter in part if (script := _script(letter))}
        if len(letters) > 1:
            raise InvalidInput(_mixed(text, what, letters))
    before, behind = ({_script(letter): letter for letter in part if _script(letter)} for part in (prefix, rest))
    if before and behind and not before.keys() <= {"LATIN"} | behind.keys():
        raise InvalidInput(_mixed(text, what, before | behind))


def in_another_script(text: str) -> bool:
    """Whether any letter is of a script whose letters look like Latin ones."""
    return not text.isascii() and any(_script(letter) not in ("", "LATIN") for letter in text)


def _mixed(text: str, what: str, letters: dict[str, str]) -> str:
    told = " and ".join(f"{script.capitalize()} ({letter!r}, U+{ord(letter):04X})" for script, letter in sorted(letters.items()))
    return f"the {what} {text!r} mixes scripts, {told}: letters that only look alike make it another one; write it in one script"


@lru_cache(maxsize=1 << 12)
def _script(letter: str) -> str:
    """The script of a letter, empty for what is none or is written beside Latin letters."""
    if not letter.isalpha():
        return ""
    script = re.split("[ -]", unicodedata.name(letter, ""))[0]
    return "" if script in _BESIDE_LATIN or (script == "GREEK" and letter not in _GREEK_ALIKE) else script
