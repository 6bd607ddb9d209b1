"""The law's tests: golden vectors, laws that hold for every history, and an auditor that counts by hand."""
