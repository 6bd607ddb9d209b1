"""Every command to a flow and every fact of one; and what a project is told of flows, which is among its own words."""

from __future__ import annotations

from domain.flow.publication import FlowPublished, PublishFlow

FlowCommand = PublishFlow

FlowFact = FlowPublished
