"""The command line's verbs of the transparency log, of audit bundles and of signed statements."""
