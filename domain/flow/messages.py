"""The unions of flow commands and flow facts. Commands that put a project on a flow are the project's own."""

from __future__ import annotations

from domain.flow.publication import FlowPublished, PublishFlow

FlowCommand = PublishFlow

FlowFact = FlowPublished
