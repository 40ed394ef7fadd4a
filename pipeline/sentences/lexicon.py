"""The words that turn, weaken or carry a relation in English prose; our own lists, kept in one place."""

import re
from enum import StrEnum


class Direction(StrEnum):
    """Which way a word of change points; NEUTRAL ones (`affect`, `associated`) take any relation with them when negated."""

    UP = "up"
    DOWN = "down"
    NEUTRAL = "neutral"


class CueKind(StrEnum):
    """What a cue does."""

    VERB = "verb"  # did not, failed to: negates the verb that follows
    NOUN = "noun"  # no, lack of: negates the noun that follows
    CONTRAST = "contrast"  # but not: negates what stands right behind
    LIST = "list"  # neither, nor
    WORD = "word"  # unaffected, ineffective: negative in itself
    REFUTED = "refuted"  # ruled out
    HEDGE = "hedge"  # may, suggests
    AIM = "aim"  # to investigate whether: nothing is said yet
    PSEUDO = "pseudo"  # not only: looks like a negation and is none


RELATION_DIRECTIONS = {
    **dict.fromkeys(("treat", "prevent", "inhibit", "negative_correlate"), Direction.DOWN),
    **dict.fromkeys(("cause", "stimulate", "positive_correlate"), Direction.UP),
}
"""Which way the relations of the biomedical ontology point; others are neutral."""

UNTURNED = frozenset({"compare", "cotreat"})
"""Relations that a negated effect says nothing about: two drugs are compared, or given together, whatever comes of it."""

_CHANGES = {
    Direction.DOWN: r"""reduc\w* decreas\w* lower\w* inhibit\w* prevent\w* attenuat\w* suppress\w* block(?:s|ed|ing|ade)? abolish\w*
        diminish\w* reliev\w* alleviat\w* ameliorat\w* protect\w* cure[sd]? heal(?:s|ed|ing)? improv\w* antagoni[sz]\w*
        revers(?:es?|ed|al)
        down-?regulat\w* repress\w* silenc\w* mitigat\w* lessen\w* eliminat\w* eradicat\w* effective efficac\w* benefi\w+
        advantages? treats? respon(?:ds?|ded|se|ses|sive) impair\w* shorten\w*""",
    Direction.UP: r"""increas\w* induc\w* caus(?:es?|ed|ing|al|ally|ative) stimulat\w* enhanc\w* elevat\w* promot\w*
        activat(?:es?|ed|ing|ion|or)
        rais(?:es?|ed|ing) up-?regulat\w* trigger\w* worsen\w* aggravat\w* exacerbat\w* provok\w* produc(?:es?|ed|ing)
        elicit\w* potentiat\w*
        augment\w* predispos\w* contribut\w* leads?\sto led\sto results?\sin resulted\sin precipitat\w* evok\w* toxic hepatotoxic
        nephrotoxic develop(?:s|ed) carcinogenic teratogenic risk""",
    Direction.NEUTRAL: r"""associat\w* correlat\w* affect(?:s|ed|ing)? influenc\w* alter(?:s|ed|ing|ation|ations)? chang\w*
        modif\w* modulat\w*
        interact\w* interfer\w* binds? bound binding relat(?:es?|ed|ion|ions|ionship|ionships) link(?:s|ed|age)? effects? impact\w*
        differences? differ(?:s|ed)? roles? evidence activity dependent involve[ds]? involvement predict\w* mediat\w*
        regulat\w* significant
        connect\w* confer\w* joins? joined hold held owns? owned acquires? acquired buy bought marr(?:y|ied|ies) works?
        worked belongs? belonged
        founded serves? served employ(?:s|ed)? heads headed members? appointed elected located based attend(?:s|ed)? part sign(?:s|ed)?
        become became""",
}
CHANGE = re.compile("|".join(rf"(?P<{way}>\b(?:{'|'.join(words.split())})\b)" for way, words in _CHANGES.items()), re.IGNORECASE)
"""Words that can carry a relation, by direction (the name of the group)."""

NOUN = re.compile(
    r"\b(?:associations?|correlations?|relation(?:ship)?s?|links?|linkage|effects?|interactions?|evidence|differences?"
    r"|changes?|alterations?"
    r"|increases?|decreases?|reductions?|improvements?|benefits?|influence|impact|roles?|inhibition|activation|induction"
    r"|responses?|efficacy"
    r"|activity|involvement|connection|dependence|risk|protection|relief|elevation|inhibitory|stimulatory|modulation"
    r"|causal|predictive|advantages?)\b",
    re.IGNORECASE,
)
"""Nouns (and adjectives before them) that name a relation."""

FINDER = re.compile(
    r"\s*(?:\w+ly\s+)?(?:be\s+)?(?:f(?:i|ou)nd|observed?|detect(?:ed)?|show[ns]?|showed|demonstrated?|confirm(?:ed)?"
    r"|reveal(?:ed)?|identif(?:y|ied)"
    r"|support(?:ed)?|provided?|see[n]?|report(?:ed)?|replicated?|proven?|establish|reach|note[d]?|exhibit(?:ed)?)\b",
    re.IGNORECASE,
)
"""What one does with a relation that one looks for."""

EVIDENT = re.compile(
    r"\s*(?:(?:be|been|statistically|clearly|independently)\s+)*(?:significant|observed|found|seen|detect(?:ed|able)"
    r"|demonstrated|confirmed|replicated|shown"
    r"|supported|evident|apparent|present|noted|reproduced|verified|upheld|real)\b",
    re.IGNORECASE,
)
EXPOSURE = re.compile(
    r"\s*(?:(?:be|been|being|previously|yet|also)\s+)*(?:treat(?:ed)?\s+with|receiv\w*|giv(?:en|e|ing)|tak(?:en|e|ing)"
    r"|expos\w*|us(?:e|ed|ing)|administ\w*"
    r"|includ\w*|measur\w*|enrol\w*|require[ds]?|need(?:ed)?|have|having|contain\w*|tolerat\w*|reach\w*|complet\w*"
    r"|surviv\w*|expect\w*|treated)\b",
    re.IGNORECASE,
)
"""Negated, these say who was given what, not what came of it."""
UNKNOWN = re.compile(
    r"\s*(?:(?:be|been|yet|fully|well|completely|entirely|previously|to)\s+)*(?:known|clear|understood|certain|studied"
    r"|investigated|examined|explored|tested|established"
    r"|determined|elucidated|evaluated|assessed|clarified|resolved)\b",
    re.IGNORECASE,
)
"""Negated, these say that nobody knows."""
CONTROLLED = re.compile(r"\b(?:placebo|controls?|untreated|vehicle|saline|sham|baseline|before and after|wild-?type)\b", re.IGNORECASE)
"""Without one of these a missing difference is one between two treatments, and says nothing of either."""

MODIFIED = re.compile(
    r"[-\u2010-\u2013 ]?(?:induced|mediated|dependent|evoked|related|treated|positive|negative|stimulated|associated"
    r"|exposed|deficient|resistant|producing|knockout|knock-?down|deficiency|depletion|silencing|free"
    r"|null|elicited|naive|sensitive|expressing|containing)\b",
    re.IGNORECASE,
)
"""Behind an end, these make it an attribute of something else."""
DEPRIVED = re.compile(
    r"\b(?:lack|absence|deficiency|loss|depletion|withdrawal|removal|inhibition|blockade|knock-?(?:out|down)|silencing"
    r"|without)\s+(?:of\s+)?(?:the\s+)?$",
    re.IGNORECASE,
)
"""Before an end, these say that it was missing."""

EXCEPTED = re.compile(
    r"\b(?:exception\s+of|except(?:\s+for)?|other\s+than|apart\s+from|aside\s+from|besides)\s+(?:the\s+)?$", re.IGNORECASE
)
"""Before an end, these say that the rest of the sentence is not about it."""

BREAK = re.compile(
    r"[;:]|\b(?:but|however|whereas|while|although|though|yet|except|rather\s+than|until|instead|despite|because|due\s+to"
    r"|owing\s+to|which|who|whose|where|when"
    r"|suggesting|indicating|showing|demonstrating|implying|thereby|hence|therefore|that)\b"
    r"|\bsince\b(?!\s+\d)|,\s+(?:it|they|we|he|she|this|these|there)\b",
    re.IGNORECASE,
)
"""Where one clause ends and another, with a subject of its own, may begin."""

_CUES: dict[CueKind, str] = {
    CueKind.PSEUDO: r"""not\s+only | not\s+(?:just|merely|solely|simply|exclusively|alone) | no\s+(?:doubt|further
        |additional|sooner|other\s+than)
        | without\s+(?:a\s+|any\s+)?doubt | not\s+surpris\w+ | nothing\s+but | no\s+(?:less|fewer|more)\s+than |
        not\s+(?:less|fewer|inferior|until)
        | no\s+less | not\s+(?:all|always|every\w*|fully|completely|entirely|wholly|totally) | (?:\w+n't|not|never
        |cannot)\s+fail(?:ed)?\s+to
        | not\s+without | no\s+(?:lack|absence|failure) | not\s+un\w+ | not\s+(?:ineffective|inactive|insensitive
        |independent|devoid|free|lacking)
        | not\s+(?:alter|change|affect|modify)\s+the\s+fact | no\s+(?:\w+\s+){1,6}(?:was|were|is|are|can\s+be|could\s+be)\s+excluded
        | (?:cannot|never|not)\s+(?:be\s+)?(?:denied|overestimated|overstated) | never\s+before | no\s+exception |
        whether\s+or\s+not(?=\s+(?:they|he|she|patients)\b)
        | did\s+not\s+only | no\s+longer | if\s+not | not\s+to\s+mention | no\s+matter""",
    CueKind.AIM: r"""whether | (?:aims?|aimed|objectives?|purpose|goal)\b(?:\s+of\b|\s+to\b|\s+was\b|\s+is\b|\s+were\b|:)?
        | (?:(?<=^)|(?<=\.\s)|(?<=:\s)|in\s+order\s+|sought\s+|designed\s+|undertaken\s+|conducted\s+|performed\s+|wanted\s+
        |attempted\s+|tried\s+|protocol\s+|study\s+|trial\s+)
          to\s+(?:investigate|determine|evaluate|assess|examine|test|study|explore|compare|clarify|elucidate|establish
          |define|characteri[sz]e|identify
          |describe|measure|analy[sz]e|find\s+out|see|ascertain|verify|confirm|understand)
        | (?:we|authors)\s+(?:have\s+)?(?:also\s+|therefore\s+|then\s+|here\s+)?(?:investigated|examined|studied|evaluated
        |tested|assessed|explored|asked|hypothesi[sz]ed?|investigate|examine|study|evaluate|test|assess)
        | (?:was|were|is|are)\s+(?:\w+ly\s+)?(?:investigated|examined|studied|evaluated|assessed|hypothesi[sz]ed)
        | hypothes[ie]s\w* | it\s+is\s+(?:un(?:known|clear|certain)|not\s+(?:yet\s+)?(?:known|clear))
        | remain(?:s|ed)?\s+(?:\w+ly\s+)?(?:unknown|unclear|uncertain|controversial|elusive|to\s+be|obscure|poorly|debated
        |undefined|unproven)
        | (?:is|are|was|were)\s+(?:\w+ly\s+)?(?:unknown|unclear|uncertain|controversial|debated|poorly\s+understood) |
        unlikely | doubtful | questionable | the\s+question\s+of""",
    CueKind.HEDGE: r"""(?:can|could|may)\s*not\s+(?:be\s+)?(?:ruled\s+out|excluded?|rule\s+out) | (?:does|do|did|is
        |are)\s+not\s+(?:rule\s+out|exclude|necessarily)
        | not\s+(?:be\s+)?(?:ruled\s+out|excluded) | not\s+necessarily | (?-i:may)(?!\s+(?:\d|not\b)) | might(?!\s+not) |
        could(?!\s+not) | possibl[ey] | possibility | perhaps | suggest\w* | appear(?:s|ed)?\s+to | seem\w*
        | probabl[ey] | presum\w+ | likely | speculat\w* | propos(?:e|es|ed)\b(?!\s+for) | putative\w* | (?:is|are|was|were
        |been)\s+(?:thought|believed|suspected|assumed|considered|expected|set|due|rumou?red|said)\s+to
        | reportedly | allegedly | alleged | rumou?r\w* | plan(?:s|ned)?\s+to | intend(?:s|ed)?\s+to | hop(?:es?|ed)\s+to |
        would | potentially
        | potential\s+(?:role|cause|effect|association|link|therap\w+|treatment|target|mechanism|benefit|risk|candidate)s? |
        candidates?\s+for""",
    CueKind.REFUTED: r"""rule[sd]?\s+out | ruling\s+out | refut(?:e|es|ed|ing) | disprov(?:e|es|ed|en|ing) | argu(?:e|es|ed
        |ing)\s+against | excluded""",
    CueKind.CONTRAST: r"""(?:\bbut|\band|,)\s+not\b(?!\s+(?:in|at|by|on|during|after|for|when|with|from|because|due|through
        |via|significantly|to)\b)""",
    CueKind.VERB: r"""(?:did|does|do|was|were|is|are|has|have|had|could|can|will|would|should|may|might)\s+not | cannot | \w+n['\u2019]t
        | not | never | fail(?:s|ed|ing)?\s+to | failure\s+to | (?:was|were|is|are)\s+unable\s+to | unable\s+to | (?:did
        |does)\s+nothing\s+to""",
    CueKind.LIST: r"neither | nor",
    CueKind.WORD: r"""(?:no\s+(?:better|more\s+effective|different|superior)\s+(?:than|to)\s+(?:placebo|controls?|sham
        |vehicle|no\s+treatment)|un(?:affected|changed|altered|influenced|modified|related\s+to|associated\s+with
        |correlated\s+with|responsive\s+to)|ineffective|unrelated|unassociated|uncorrelated|inefficacious|inactive
        |(?:was|were|is|are)\s+independent\s+of|insensitive\s+to)""",
    CueKind.NOUN: r"""(?-i:[Nn]o) | lack(?:s|ed|\s+of)(?:\s+(?:an?|any))? | absence\s+of(?:\s+(?:an?|any))? |
        devoid\s+of(?:\s+any)? | without(?:\s+(?:an?|any))? | little\s+or\s+no
        | none\s+of""",
}
_AUXILIARY = r"(?:(?:did|does|do|was|were|is|are|has|have|had|could|can|will|would|should|may|might)\s+)?"


def _named(kind: CueKind) -> str:
    before = _AUXILIARY if kind in {CueKind.PSEUDO, CueKind.HEDGE} else ""
    return rf"(?P<{kind}>{before}(?:{_CUES[kind]})(?![\w-]))"


# That a word begins is looked for once, before all kinds: most places in a text fail there.
_BEGINNING = "|".join(_named(kind) for kind in _CUES if kind is not CueKind.CONTRAST)
CUE = re.compile(rf"(?<![\w-])(?:{_BEGINNING})|(?P<{CueKind.CONTRAST}>{_CUES[CueKind.CONTRAST]})", re.IGNORECASE | re.VERBOSE)
"""All cues in one pass; the name of the group is the kind. What only looks like a negation comes first and so is used up."""
