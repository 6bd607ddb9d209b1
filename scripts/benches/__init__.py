"""What `scripts/bench` measures, a file for each subject; nothing here is needed to run Countersign."""
