"""Sixty questions as people ask them about the demo's graph, written down before any of them was tried."""

from typing import NamedTuple

_KEYS = {
    "estrogens": "MESH:D004966", "hcq": "MESH:D006886", "ivermectin": "MESH:D007559", "rofecoxib": "MESH:C116926",
    "rosiglitazone": "MESH:D000077154", "gefitinib": "MESH:D000077156", "flecainide": "MESH:D005424", "encainide": "MESH:D016700",
    "carotene": "MESH:D019207", "resveratrol": "MESH:D000077185", "thalidomide": "MESH:D013792", "dexamethasone": "MESH:D003907",
    "imatinib": "MESH:D000068877", "vemurafenib": "MESH:D000077484", "vitamin e": "MESH:D014810", "metformin": "MESH:D008687",
    "azithromycin": "MESH:D017963", "naproxen": "MESH:D009288", "infarction": "MESH:D009203", "nsclc": "MESH:D002289",
    "lung cancer": "MESH:D008175", "neoplasms": "MESH:D009369", "diabetes": "MESH:D003924", "arrhythmias": "MESH:D001145",
    "coronary": "MESH:D003327", "heart failure": "MESH:D006333", "stroke": "MESH:D020521", "dementia": "MESH:D003704",
    "breast cancer": "MESH:D001943", "hip": "MESH:D006620", "long qt": "MESH:D008133", "melanoma": "MESH:D008545",
    "myeloma": "MESH:D009101", "cml": "MESH:D015464", "covid": "MESH:D000086382", "birth defects": "MESH:D000014",
    "ra": "MESH:D001172", "cvd": "MESH:D002318", "tp53": "NCBIGene:7157", "hras": "NCBIGene:3265", "sirt1": "NCBIGene:23411",
    "cox2": "NCBIGene:5743", "egfr": "NCBIGene:1956", "braf": "NCBIGene:673", "crbn": "NCBIGene:51185", "v600e": "dbSNP:rs113488022",
    "l858r": "dbSNP:rs121434568", "pain": "MESH:D010146",
}  # fmt: skip


class Asked(NamedTuple):
    """A question, as of a day or now; the entities that it names, relations between the first two that were overturned, unknown names."""

    question: str
    entities: str
    overturned: str = ""
    unknown: str = ""
    day: str | None = None

    @property
    def keys(self) -> set[str]:
        """The keys of the entities."""
        return {_KEYS[name] for name in self.entities.split(", ") if name}


QUESTIONS = (
    # plural and singular
    Asked("Does beta-carotene prevent lung cancers?", "carotene, lung cancer", "prevent"),
    Asked("Do estrogens that are conjugated cause strokes?", "estrogens, stroke"),
    Asked("Which drugs cause myocardial infarctions?", "infarction"),
    Asked("Does flecainide help against cardiac arrhythmia?", "flecainide, arrhythmias", "prevent"),
    Asked("Is vemurafenib a treatment for melanomas?", "vemurafenib, melanoma"),
    Asked("Are non-small cell lung cancers treated with gefitinib?", "nsclc, gefitinib", "treat"),
    Asked("Does conjugated estrogen prevent hip fractures?", "estrogens, hip"),
    Asked("What is known of heart failures under rosiglitazone?", "heart failure, rosiglitazone"),
    # abbreviations
    Asked("Does HCQ treat COVID-19?", "hcq, covid", "treat"),
    Asked("gefitinib in NSCLC", "gefitinib, nsclc", "treat"),
    Asked("Did rofecoxib cause MI?", "rofecoxib, infarction", "cause"),
    Asked("Is imatinib the standard for CML?", "imatinib, cml"),
    Asked("Was rofecoxib approved for RA?", "rofecoxib, ra"),
    Asked("rosiglitazone and T2DM", "rosiglitazone, diabetes"),
    Asked("Do conjugated estrogens protect from CHD?", "estrogens, coronary", "prevent"),
    Asked("Does hydroxychloroquine lead to LQTS?", "hcq, long qt"),
    Asked("Was CVD more frequent with rosiglitazone?", "cvd, rosiglitazone"),
    Asked("rofecoxib COX-2 inhibition", "rofecoxib, cox2"),
    # synonyms
    Asked("Can Vioxx cause a heart attack?", "rofecoxib, infarction", "cause"),
    Asked("Is Avandia bad for the heart: does it cause heart attacks?", "rosiglitazone, infarction", "cause"),
    Asked("Does Plaquenil work against coronavirus disease 2019?", "hcq, covid", "treat"),
    Asked("Does Premarin prevent dementia in older women?", "estrogens, dementia", "prevent"),
    Asked("Does Gleevec treat chronic myeloid leukemia?", "imatinib, cml"),
    Asked("How is p53 related to H-Ras?", "tp53, hras", "positive_correlate"),
    Asked("Does Contergan bind cereblon?", "thalidomide, crbn"),
    Asked("Does trans-resveratrol activate sirtuin 1?", "resveratrol, sirt1", "stimulate"),
    Asked("Does Iressa inhibit the epidermal growth factor receptor?", "gefitinib, egfr"),
    Asked("type II diabetes and Glucophage", "diabetes, metformin"),
    Asked("Are Tambocor and irregular heartbeat linked?", "flecainide, arrhythmias", "prevent"),
    Asked("Is cancer of the lung prevented by betacarotene?", "lung cancer, carotene", "prevent"),
    # typing errors
    Asked("does hydroxycloroquine treat covid 19", "hcq, covid", "treat"),
    Asked("Can rosiglitazon cause myocardial infraction?", "rosiglitazone, infarction", "cause"),
    Asked("ivermectine for COVID19", "ivermectin, covid", "treat"),
    Asked("does flecanide prevent cardiac arrythmias", "flecainide, arrhythmias", "prevent"),
    Asked("thalidomid and multiple myelomma", "thalidomide, myeloma"),
    Asked("Does resveretrol stimulate SIRT1?", "resveratrol, sirt1", "stimulate"),
    Asked("dexametasone in Covid-19 patients", "dexamethasone, covid"),
    Asked("conjugated estrogens and demntia", "estrogens, dementia", "prevent"),
    # what changed, and when
    Asked("Does rofecoxib cause myocardial infarction?", "rofecoxib, infarction", "cause", day="2003-01-01"),
    Asked("is hydroxychloroquine effective against covid-19?", "hcq, covid", "treat"),
    Asked("When did people stop believing that encainide prevents cardiac arrhythmias?", "encainide, arrhythmias", "prevent"),
    Asked("What did we believe about ivermectin and COVID-19 in 2021?", "ivermectin, covid", "treat", day="2021-05-01"),
    Asked("Why was beta-carotene no longer recommended to prevent lung cancer?", "carotene, lung cancer", "prevent"),
    Asked("Has the role of TP53 in neoplasms been revised?", "tp53, neoplasms", "cause"),
    Asked("Did opinion on conjugated estrogens and coronary disease change?", "estrogens, coronary", "prevent"),
    Asked("hydroxychloroquine prophylaxis of COVID-19: what happened?", "hcq, covid", "prevent"),
    Asked("Was gefitinib given up for non-small-cell lung cancer in 2006?", "gefitinib, nsclc", "treat", day="2006-06-01"),
    Asked("Does resveratrol still stimulate SIRT1?", "resveratrol, sirt1", "stimulate"),
    Asked("Is the claim that rosiglitazone causes myocardial infarction still held?", "rosiglitazone, infarction", "cause"),
    Asked("How did the view of flecainide for cardiac arrhythmias change after 1989?", "flecainide, arrhythmias", "prevent"),
    # names that are not known, or mean something else
    Asked("Does soluble epoxide hydrolase inhibit pain?", "pain", unknown="soluble epoxide hydrolase"),
    Asked("Does warfarin cause stroke?", "stroke", unknown="warfarin"),
    Asked("Is flibbertine good for COVID-19?", "covid", unknown="flibbertine"),
    Asked("COX-1 and rofecoxib", "rofecoxib", unknown="COX-1"),
    Asked("Does gefitinib work in small cell lung cancer?", "gefitinib", unknown="small cell lung cancer"),
    Asked("Does vitamin D prevent dementia?", "dementia", unknown="vitamin D"),
    Asked("Is type I diabetes treated with rosiglitazone?", "rosiglitazone", unknown="type I diabetes"),
    Asked("BRAF V600K in melanoma", "melanoma", unknown="BRAF V600K"),
    Asked("Will it rain tomorrow?", "", unknown="rain"),
    Asked("How do SIRT2 and resveratrol interact?", "resveratrol", unknown="SIRT2"),
)
