"""What the gap does: zero-shot, retrieval, fairness while it is moved."""
