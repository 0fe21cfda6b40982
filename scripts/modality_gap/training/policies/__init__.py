"""Temperature policies, a file each; a run trains with the one that its file is named after."""
