"""What a study will cost: its jobs, downloads, disk, memory and hours, before any of it runs."""
