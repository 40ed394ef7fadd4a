"""Words of names: those that say nothing, those that are numbers, and those that are spelled or named in two ways."""

from collections.abc import Mapping

EMPTY = frozenset({"of", "the", "in", "to", "by", "due", "for", "and", "or"})
"""Words that only join others."""

LEADING = frozenset({"the", "human", "a", "an"})
"""Words that say nothing at the beginning of a name."""

TRAILING: Mapping[str, frozenset[str]] = {"Gene": frozenset({"gene", "protein", "mrna", "cdna"})}
"""Words that say nothing at the end of a name of a type."""

ROMAN: Mapping[str, str] = {
    "i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8",
    "ix": "9", "x": "10", "xi": "11", "xii": "12", "xiii": "13",
}  # fmt: skip

NUMBERED = frozenset({"type", "class", "factor", "stage", "grade", "group", "complex", "angiotensin", "collagen", "syndrome", "phase"})
"""Words after which a single letter (i, v, x) is a number."""

GREEK: Mapping[str, str] = {"alpha": "a", "beta": "b", "gamma": "g", "delta": "d", "epsilon": "e", "zeta": "z", "eta": "h", "kappa": "k"}
"""Greek letters and what stands for them in symbols of genes (TGFB1)."""

# As they are after the singular, and "ae" and "oe" are folded.
SAME_WORD: Mapping[str, str] = {
    "tumour": "tumor", "behaviour": "behavior", "colour": "color", "odour": "odor", "labour": "labor", "goitre": "goiter",
    "fibre": "fiber", "titre": "titer", "centre": "center", "aluminium": "aluminum", "caesium": "cesium", "litre": "liter",
    "metastase": "metastasis", "diagnose": "diagnosis", "children": "child", "women": "woman", "men": "man", "mice": "mouse",
    "carcinomata": "carcinoma", "bacteria": "bacterium", "vertebrae": "vertebra", "syndrom": "syndrome", "disc": "disk",
}  # fmt: skip

SYMBOLS: Mapping[str, tuple[str, ...]] = {
    "Na": ("sodium",), "Ca": ("calcium",), "Mg": ("magnesium",), "Zn": ("zinc",), "Li": ("lithium",), "Fe": ("iron",), "Cu": ("copper",),
    "Mn": ("manganese",), "Cd": ("cadmium",), "Pb": ("lead",), "Hg": ("mercury",), "Se": ("selenium",), "Al": ("aluminum",),
    "Ca2+": ("calcium",), "Na+": ("sodium",), "K+": ("potassium",), "Mg2+": ("magnesium",), "Zn2+": ("zinc",), "Li+": ("lithium",),
    "Fe2+": ("iron",), "Fe3+": ("iron",), "Cu2+": ("copper",), "Mn2+": ("manganese",), "Cd2+": ("cadmium",), "Pb2+": ("lead",),
    "H2O": ("water",), "H2O2": ("hydrogen", "peroxide"), "CO": ("carbon", "monoxide"), "CO2": ("carbon", "dioxide"), "O2": ("oxygen",),
    "NO": ("nitric", "oxide"), "NH3": ("ammonia",), "NaCl": ("sodium", "chloride"), "KCl": ("potassium", "chloride"),
    "LiCl": ("lithium", "chloride"), "CaCl2": ("calcium", "chloride"), "MgSO4": ("magnesium", "sulfate"), "ZnSO4": ("zinc", "sulfate"),
    "CCl4": ("carbon", "tetrachloride"), "HCl": ("hydrochloric", "acid"), "NaHCO3": ("sodium", "bicarbonate"),
}  # fmt: skip
"""Symbols of elements and ions and a few formulas, in their own capitals, without brackets and blanks; and what they stand for."""

SALTS = frozenset({
    "hydrochloride", "hcl", "dihydrochloride", "hydrobromide", "dihydrobromide", "sodium", "potassium", "disodium", "sulfate",
    "hydrate", "dihydrate", "monohydrate", "trihydrate", "anhydrous", "maleate", "mesylate", "tartrate", "fumarate", "besylate",
    "bromide", "chloride", "nitrate", "acetate", "succinate", "tosylate", "phosphate", "citrate", "salt", "compound", "agent", "drug",
})  # fmt: skip
"""Words beside the name of a substance that name a salt of it, or nothing."""

STEREO = frozenset({"l", "d", "dl", "r", "rac", "racemic", "plus", "minus", "levo", "dextro"})
"""Words before the name of a substance that name one of its mirror images."""

WEAK_HEADS = frozenset({
    "dysfunction", "impairment", "deficit", "damage", "injury", "abnormality", "lesion", "toxicity", "complication", "symptom", "problem",
    "defect", "involvement", "insufficiency", "manifestation", "disturbance", "change", "alteration", "fibrosis", "dysregulation",
})  # fmt: skip
"""Last words of names that say of an organ or a function that it is diseased, and little more."""

ELLIPSES: Mapping[str, tuple[tuple[str], ...]] = {"diabete": (("mellitus",), ("insipidus",))}
"""Words that go alone for a name of two words, which is the first of those that may follow."""

OPPOSITES = (
    ("hyper", "hypo"),
    ("anti", ""),
    ("non", ""),
    ("in", "ex"),
    ("pre", "post"),
    ("macro", "micro"),
    ("intra", "extra"),
    ("brady", "tachy"),
)
"""Beginnings that turn a word into another thing; "" is none."""

ORGANS: Mapping[str, str] = {
    "nephro": "kidney", "encephalo": "brain", "hepato": "liver", "cardio": "heart", "myo": "muscle", "retino": "retin",
    "osteo": "bone", "dermato": "skin", "entero": "intestin", "arthro": "joint",
}  # fmt: skip
"""Beginnings of words in -pathy, and the organ whose disease they name."""

# Stems (as `concept` makes them) or whole words: medicine's Latin, Greek and English words for one thing.
CONCEPTS: Mapping[str, str] = {
    word: group[0]
    for group in (
        ("tumor", "neoplasm", "neoplas", "neoplast", "cancer", "cancerous", "malignanc", "malignancy", "tumorous", "tumorigenic"),
        ("disorder", "disease", "syndrome", "syndrom", "diseas", "condition"),
        ("kidney", "renal", "nephric"),
        ("liver", "hepatic", "hepat"),
        ("heart", "cardiac", "cardi"),
        ("lung", "pulmonary", "pulmonar"),
        ("stomach", "gastric", "gastr"),
        ("brain", "cerebral", "cerebr"),
        ("injury", "injur", "damage", "damag"),
        ("failure", "failur", "insufficiency", "insufficienc"),
        ("impairment", "dysfunction", "dysfunct", "deficit", "impaired"),
        ("deficiency", "deficienc", "deficient"),
        ("skin", "cutaneous", "cutane", "dermal"),
        ("bone", "osseous"),
        ("eye", "ocular"),
        ("bladder", "vesical"),
        ("uterus", "uterine"),
        ("ovary", "ovarian", "ovar"),
        ("prostate", "prostat"),
        ("breast", "mammary"),
        ("muscle", "muscular"),
        ("mental", "psychiatric", "psychiatr"),
        ("child", "childhood", "pediatric", "pediatr", "juvenile"),
        ("hereditary", "hereditar", "inherited", "familial", "famili"),
        ("bleed", "bleeding", "hemorrhage", "hemorrhag"),
        ("diabetes", "diabete", "diabetic", "diabet"),
        ("obesity", "obese", "obes"),
        ("depress", "depressed"),
        ("anxiety", "anxious", "anxiet"),
        ("fever", "febrile", "pyrexia"),
        ("seizure", "convulsion", "convulse", "convuls", "seizur"),
        ("thrombus", "thrombotic", "thrombosis"),
    )
    for word in group
}
