"""Ports: what the wings need of the outside world, each method with its law; one file for each part of that world."""

from schema.ports.document_source import DeliveredFile, DocumentSource, HeldBack, ListedFile, Listing, SourceState
from schema.ports.entity_linking import Linker, LoadedNames, MentionLinker, NameIndex, NameLookup, Vocabularies
from schema.ports.evidence_log import NOWHERE, EvidenceLog, LogVersion, Naming, Question, Touched, Votes
from schema.ports.graph import GraphChange, GraphMeta, GraphStore, Revise
from schema.ports.language_model import (
    Adjudicator,
    Answered,
    Answerer,
    Extraction,
    Extractor,
    LanguageModel,
    Reply,
    ReplyCache,
    Sampled,
    Scored,
)
from schema.ports.leases import Holder, Lease, Leases
from schema.ports.stages import Stage, StageFacts, Watched, Watcher, stage, unwatched, watched_by

__all__ = [
    "NOWHERE",
    "Adjudicator",
    "Answered",
    "Answerer",
    "DeliveredFile",
    "DocumentSource",
    "EvidenceLog",
    "Extraction",
    "Extractor",
    "GraphChange",
    "GraphMeta",
    "GraphStore",
    "HeldBack",
    "Holder",
    "LanguageModel",
    "Lease",
    "Leases",
    "Linker",
    "ListedFile",
    "Listing",
    "LoadedNames",
    "LogVersion",
    "MentionLinker",
    "NameIndex",
    "NameLookup",
    "Naming",
    "Question",
    "Reply",
    "ReplyCache",
    "Revise",
    "Sampled",
    "Scored",
    "SourceState",
    "Stage",
    "StageFacts",
    "Touched",
    "Vocabularies",
    "Votes",
    "Watched",
    "Watcher",
    "stage",
    "unwatched",
    "watched_by",
]
