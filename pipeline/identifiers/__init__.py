"""Identifiers as CURIEs: one spelling for each thing, whatever its source writes."""

from pipeline.identifiers.document_ids import document_id
from pipeline.identifiers.entity_curies import curie, curies, is_identifier
from pipeline.identifiers.entity_types import entity_type
from pipeline.identifiers.tmvar import change_of_name, is_tmvar
from pipeline.identifiers.written_forms import cleaned, control_character, is_missing, unified, whole_number

__all__ = [
    "change_of_name",
    "cleaned",
    "control_character",
    "curie",
    "curies",
    "document_id",
    "entity_type",
    "is_identifier",
    "is_missing",
    "is_tmvar",
    "unified",
    "whole_number",
]
