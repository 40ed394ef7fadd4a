"""What a report on a graph shows, as plain rows: stories, overturned facts, two days of the graph, a reading beside curation. Pure."""
