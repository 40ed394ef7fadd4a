"""What a model's raw reply says of a conflict: a verdict and a reason, seen through what small models wrap them in; pure."""

import re

from agents.replies.reply_pieces import decoded, pieces, shortened
from schema.errors import ModelFailed
from schema.records import Verdict

METHOD = "rulings"
"""What stands for this way of asking in an adjudicator's identity."""

LONGEST_REASON = 500
"""Characters of a reason that are kept."""

_VERDICT = re.compile(r'"verdict"\s{0,20}:\s{0,20}"([^"\\]{1,40})"', re.IGNORECASE)
_KEY = re.compile(r"\bverdict\W{0,3}\s{0,20}:", re.IGNORECASE)
_REASON = re.compile(r'"reason"\s{0,20}:\s{0,20}"((?:[^"\\]|\\.)*)', re.IGNORECASE | re.DOTALL)


def parse_verdict(text: str) -> tuple[Verdict, str]:
    """The verdict of a reply and its reason, on one line; raises ModelFailed with what is wrong and the reply.

    Seen through are a thought in front, a code fence, prose around, keys around or beside, and an end that is missing after
    the verdict and the beginning of a reason. An object without a verdict, such as an echoed schema, says nothing.
    """
    try:
        found = pieces(text)
    except ModelFailed as error:
        raise ModelFailed(str(error), text) from error
    said = [told for piece in found.whole if (told := _told(piece, text)) is not None]
    if not said and found.cut and (cut := _told_in_part(found.cut, text)) is not None:
        said = [cut]
    if not said:
        raise _unusable("gives no verdict", text)
    if len({verdict for verdict, _ in said}) > 1:
        raise _unusable(f"gives different verdicts ({', '.join(sorted({verdict for verdict, _ in said}))})", text)
    verdict, reason = said[0]
    if not reason:
        raise _unusable("gives no reason", text)
    return verdict, reason


def _told(piece: str, text: str) -> tuple[Verdict, str] | None:
    if not _KEY.search(piece):
        return None
    try:
        said, twice = decoded(piece)
    except ValueError:
        raise _unusable("has a verdict in what is not JSON", text) from None
    if twice:
        raise _unusable(f"has the {twice}", text)
    keys = {key.strip().lower(): value for key, value in said.items()}
    if "verdict" not in keys:
        return None
    return _known(keys["verdict"], text), _one_line(keys.get("reason"))


def _told_in_part(cut: str, text: str) -> tuple[Verdict, str] | None:
    verdict, reason = _VERDICT.search(cut), _REASON.search(cut)
    if verdict is None or reason is None:
        return None
    try:
        said, _ = decoded(f'{{"reason":"{reason[1]}"}}')
    except ValueError:  # an escape was cut
        return None
    words = _one_line(said["reason"])
    return _known(verdict[1], text), f"{words} …" if words else ""


def _known(value: object, text: str) -> Verdict:
    word = value.strip(" .\n").lower() if isinstance(value, str) else ""
    if word not in set(Verdict):
        raise _unusable(f"has the verdict {shortened(str(value))}, which is none of {', '.join(Verdict)}", text)
    return Verdict(word)


def _one_line(value: object) -> str:
    words = " ".join(value.split()) if isinstance(value, str) else ""
    words = "".join(sign for sign in words if sign.isprintable())
    if not any(sign.isalnum() for sign in words):
        return ""
    return words if len(words) <= LONGEST_REASON else f"{words[:LONGEST_REASON]} …"


def _unusable(reason: str, text: str) -> ModelFailed:
    return ModelFailed(f"the reply {reason}: {shortened(text)}", text)
