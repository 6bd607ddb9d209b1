"""办件 the page of one item of a project: steps, clocks, countersignatures, papers, history, and what may follow."""
