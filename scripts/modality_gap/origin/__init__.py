"""Why there is a gap: initialisation, geometry and dynamics of the loss."""
