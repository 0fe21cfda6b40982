"""What the rules of a section ask of a study: its places, inputs and settings, a file a section."""
