"""The benchmarks of `scripts/bench`, a file for each subject; not needed to run Countersign."""
