"""Which claims of the papers hold: read from tables only; no science imports it."""
