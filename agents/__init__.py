"""Everything that talks to a language model: readers of documents, and the servers behind them."""
