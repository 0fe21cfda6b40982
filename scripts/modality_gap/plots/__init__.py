"""Figures: each function draws one figure from tables and computes nothing that is a result."""
