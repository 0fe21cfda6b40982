"""Contrastive training: one loop, with the temperature and what happens to features as arguments."""
