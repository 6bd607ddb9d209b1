"""流程符合性 conformance of projects to their flow, for leaders: where they leave it, and where their time goes."""
