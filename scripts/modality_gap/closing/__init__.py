"""Whether to close the gap: ways to close it, and what each gains and costs."""
