"""Ports: what the wings need of the outside world, each method with its law; one file for each part of that world."""

from schema.ports.entity_linking import Linker, LoadedNames, MentionLinker, NameIndex, NameLookup, Vocabularies
from schema.ports.evidence_log import EvidenceLog, LogVersion, Naming, Question, Touched, Votes
from schema.ports.graph import GraphChange, GraphMeta, GraphStore, Revise
from schema.ports.language_model import Adjudicator, Extraction, Extractor, LanguageModel, Reply, ReplyCache, Sampled, Scored
from schema.ports.stages import Stage, StageFacts, Watched, Watcher, stage, unwatched, watched_by

__all__ = [
    "Adjudicator",
    "EvidenceLog",
    "Extraction",
    "Extractor",
    "GraphChange",
    "GraphMeta",
    "GraphStore",
    "LanguageModel",
    "Linker",
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
