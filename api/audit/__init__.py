"""台账 the auditor's pages: every fact of a project with its place in the hash chain, and two days compared."""
