"""The graph on a server that speaks Bolt and Cypher: Neo4j, or embedded ArcadeDB."""
