"""What-if: clocks with assumed events, and cards under other rules."""
