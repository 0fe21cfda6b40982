"""What is measured of two clouds of embeddings."""
