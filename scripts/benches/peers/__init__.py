"""Other event stores, measured beside ours in the same run."""
