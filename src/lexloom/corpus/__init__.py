"""Raw files to texts: read, decoded, and cut into sentences."""
