"""Fetching documents from their sources: folders, web servers, object stores, PubMed's and Europe PMC's interfaces."""
