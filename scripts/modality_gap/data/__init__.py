"""From files and archives to corpora and embeddings."""
