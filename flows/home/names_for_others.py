"""How others call the types and relations of a home."""

from flows.home.configuration.settings import SHIPPED, load_ontology
from schema.ontology import Ontology


def with_names_for_others(ontology: Ontology) -> Ontology:
    """The ontology itself where it says how others call its relations; an older copy of a shipped one with what that says today."""
    if ontology.names_for_others or ontology.name not in SHIPPED:
        return ontology
    shipped = load_ontology(ontology.name)
    relations = {
        name: relation.model_copy(update={"biolink": found.biolink, "indra": found.indra})
        if (found := shipped.relations.get(name)) is not None and found.symmetric == relation.symmetric
        else relation
        for name, relation in ontology.relations.items()
    }
    categories = {kind: names for kind, names in shipped.categories.items() if kind in ontology.entity_types}
    return ontology.model_copy(update={"relations": relations, "categories": ontology.categories or categories})
