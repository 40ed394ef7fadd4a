"""Sources of documents: what their listings and answers say, what of it is new, and what became of it; pure."""
