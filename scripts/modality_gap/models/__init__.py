"""From a corpus to embeddings: networks, weights and what they need."""
