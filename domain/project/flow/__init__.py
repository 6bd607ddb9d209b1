"""审批流程 a project in its approval flow: adoption, moves, critical path and forecast."""
