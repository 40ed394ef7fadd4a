"""The stories that the demo tells, by the names of their entities. What happened and when is in README.md."""

from dataclasses import dataclass

NOTE = (
    "Sixty years of medicine in 71 short abstracts, which we wrote ourselves after real papers and with their real dates. "
    "What they claim was noted down by us, sentence by sentence (curated observations), and folded into a graph. "
    "Not a source for medical decisions."
)

UNTAUGHT = (
    "It has 135 million parameters, was not trained for this task, and reads badly. "
    "It is here to show that the whole line runs on a laptop; for real work use a larger model on a server."
)

TAUGHT = (
    "It has 135 million parameters and was trained to read by annotated abstracts of real papers (BioRED and BC5CDR). "
    "Its confidences were calibrated on abstracts that it was not trained on; what it was never taught, it cannot say."
)

TAUGHT_ELSEWHERE = "It has an adapter of yours; what that was never taught, it cannot say."


@dataclass(frozen=True)
class Told:
    """A story by names: pairs of entities, and a sentence or two."""

    title: str
    pairs: tuple[tuple[str, str], ...]
    text: str


STORIES = (
    Told(
        "Flecainide and arrhythmias",
        (("flecainide", "cardiac arrhythmias"),),
        "It quietened irregular heartbeats, so it was given to prevent worse. In August 1989 a trial against placebo found more "
        "deaths with it than without.",
    ),
    Told(
        "Estrogens and coronary disease",
        (("conjugated estrogens", "coronary disease"),),
        "Women who took estrogens had less heart disease in studies that only watched. A randomized trial of 1998 saw no benefit, "
        "the next of 2002 saw harm.",
    ),
    Told(
        "Estrogens and dementia",
        (("conjugated estrogens", "dementia"),),
        "A review of 1998 saw a hint of protection. The randomized trial of 2003 found the opposite.",
    ),
    Told(
        "Beta-carotene and lung cancer",
        (("beta-carotene", "lung cancer"),),
        "People who ate more of it had less lung cancer. Smokers who were given it in trials had more.",
    ),
    Told(
        "Rofecoxib and heart attacks",
        (("rofecoxib", "myocardial infarction"),),
        "Seen in 2000, explained away by pooled analyses from 2001 on, confirmed by a trial against placebo in 2005.",
    ),
    Told(
        "Rosiglitazone and heart attacks",
        (("rosiglitazone", "myocardial infarction"),),
        "A dispute that went back and forth: alarm in 2007, all-clear in 2009, alarm again in 2010, all-clear in 2013.",
    ),
    Told(
        "Hydroxychloroquine, COVID-19 and the heart",
        (("hydroxychloroquine", "COVID-19"), ("hydroxychloroquine", "cardiac arrhythmias")),
        "Hope in March 2020, ended by randomized trials. The registry paper of May 2020 was retracted two weeks later: it counts "
        "for nothing, and harm that it alone had claimed is withdrawn.",
    ),
    Told(
        "TP53: from oncogene to tumour suppressor",
        (("TP53", "HRAS"), ("TP53", "neoplasms")),
        "The first experiments used a mutated form. The normal gene turned out to do the opposite.",
    ),
    Told(
        "Ivermectin and COVID-19",
        (("ivermectin", "COVID-19"),),
        "Small studies and a meta-analysis of them spoke for it, randomized trials against it.",
    ),
    Told(
        "Gefitinib and lung cancer",
        (("gefitinib", "non-small-cell lung cancer"),),
        "It shrank some tumours in 2003, did not lengthen life in unselected patients in 2005, and proved itself in the right "
        "patients in 2009.",
    ),
    Told(
        "Resveratrol and SIRT1",
        (("resveratrol", "SIRT1"),),
        "A first assay saw it switch the enzyme on (2003). Others put that down to the fluorescent label of the test (2005, "
        "2010). With the right substrates it does so after all (2013).",
    ),
    Told(
        "Thalidomide (a control)",
        (("thalidomide", "drug-induced birth defects"), ("thalidomide", "erythema nodosum"), ("thalidomide", "multiple myeloma")),
        "A drug can do harm and good to different people. Nothing here contradicts anything, so nothing is overturned.",
    ),
)
