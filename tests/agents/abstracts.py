"""Abstracts of our own, tagged: what the runtimes of a trained model are compared on."""

from schema.document import Document
from tests.agents.fakes import document

_ABSTRACTS = (
    (
        "Lithium and the kidney.",
        "Lithium relieved mania in most of 60 patients. After a year nephropathy was seen in nine, and two of them had hypothyroidism. "
        "Amiloride, given together with lithium, lowered the risk of nephropathy. Expression of AQP2 fell with lithium and rose again with "
        "amiloride. Mania came back in three patients who stopped.",
        {"Chemical": ("Lithium", "Amiloride"), "Disease": ("mania", "nephropathy", "hypothyroidism"), "Gene": ("AQP2",)},
    ),
    (
        "A variant of the receptor for folate in neural tube defects.",
        "FOLR1 carries folic acid into the cell. In 210 families loss of FOLR1 went with spina bifida, and folic acid taken before "
        "pregnancy prevented spina bifida in carriers. Valproate raised the risk; it lowered FOLR1 and MTHFR in cultured cells. Epilepsy "
        "was not more frequent.",
        {"Chemical": ("folic acid", "Valproate"), "Disease": ("spina bifida", "Epilepsy"), "Gene": ("FOLR1", "MTHFR")},
    ),
    (
        "Metformin against tamoxifen resistance.",
        "Tamoxifen is given for breast cancer. Resistance came with high AKT1 and low PTEN. Metformin inhibited AKT1, and tumours of mice "
        "with breast cancer shrank when tamoxifen and metformin were combined. Hepatic steatosis, an effect of tamoxifen, was milder with "
        "metformin. PTEN did not change.",
        {"Chemical": ("Tamoxifen", "Metformin"), "Disease": ("breast cancer", "Hepatic steatosis"), "Gene": ("AKT1", "PTEN")},
    ),
    (
        "Clozapine, myocarditis and the blood count.",
        "Clozapine improved schizophrenia where haloperidol had failed. Agranulocytosis occurred in one of 80 patients and myocarditis in "
        "two. Neither was seen with haloperidol, which caused parkinsonism. Carriers of HLA-DQB1 had agranulocytosis more often.",
        {
            "Chemical": ("Clozapine", "haloperidol"),
            "Disease": ("schizophrenia", "Agranulocytosis", "myocarditis", "parkinsonism"),
            "Gene": ("HLA-DQB1",),
        },
    ),
    (
        "Caffeine in apnoea of prematurity.",
        "Caffeine shortened apnoea in newborns and was safer than theophylline, which caused tachycardia. Both block ADORA2A. "
        "Bronchopulmonary dysplasia was rarer with caffeine. Carriers of a short ADORA2A had tachycardia on theophylline, and CYP1A2 "
        "broke down both drugs.",
        {
            "Chemical": ("Caffeine", "theophylline"),
            "Disease": ("apnoea", "tachycardia", "Bronchopulmonary dysplasia"),
            "Gene": ("ADORA2A", "CYP1A2"),
        },
    ),
    (
        "Interleukins in gout.",
        "Crystals of uric acid set free IL1B through NLRP3. Colchicine and anakinra ended attacks of gout. Colchicine lowered NLRP3 in "
        "monocytes; anakinra binds IL1R1 and keeps IL1B away. Myopathy was seen with colchicine when clarithromycin was given as well. "
        "Allopurinol lowered uric acid and prevented gout.",
        {
            "Chemical": ("uric acid", "Colchicine", "anakinra", "clarithromycin", "Allopurinol"),
            "Disease": ("gout", "Myopathy"),
            "Gene": ("IL1B", "NLRP3", "IL1R1"),
        },
    ),
    (
        "Lead, iron and anaemia in children.",
        "Children with high lead had anaemia and lower ALAD activity. Iron given for anaemia lowered lead in blood. A variant of ALAD went "
        "with encephalopathy at high lead. Succimer bound lead and had no effect on anaemia.",
        {"Chemical": ("lead", "Iron", "Succimer"), "Disease": ("anaemia", "encephalopathy"), "Gene": ("ALAD",)},
    ),
    (
        "A family with long QT syndrome.",
        "Loss of KCNH2 was found in a family with long QT syndrome. Cisapride blocks KCNH2 and brought on torsades de pointes in the index "
        "patient; propranolol ended it. Erythromycin slows CYP3A4, which breaks down cisapride. Deafness, known from KCNQ1, was absent.",
        {
            "Chemical": ("Cisapride", "propranolol", "Erythromycin"),
            "Disease": ("long QT syndrome", "torsades de pointes", "Deafness"),
            "Gene": ("KCNH2", "CYP3A4", "KCNQ1"),
        },
    ),
)


def abstracts() -> list[Document]:
    """The documents, every name in either case a mention with an identifier of its own."""
    found = []
    for number, (title, text, kinds) in enumerate(_ABSTRACTS, 1):
        named = [(name, kind, f"T:{number}.{kind}.{at}") for kind, names in kinds.items() for at, name in enumerate(names)]
        spellings = [(name[0].swapcase() + name[1:], kind, key) for name, kind, key in named if kind != "Gene"]
        found.append(document(text, *named, *spellings, identifier=f"PMID:{number}", title=title))
    return found
