"""审批流程 flows, a project in its flow, and the critical path over HTTP."""
