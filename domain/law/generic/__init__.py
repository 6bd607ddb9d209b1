"""The engine for laws that count in one period: days, weeks, months or hours, with stops and resets."""
