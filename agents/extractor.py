"""The agents that read documents."""

from agents.labels import LabelExtractor
from agents.scripted import ScriptedExtractor
from agents.votes import VoteExtractor

__all__ = ["LabelExtractor", "ScriptedExtractor", "VoteExtractor"]
