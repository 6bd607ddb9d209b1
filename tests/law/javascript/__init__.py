"""The clock in JavaScript, written from the rule book alone, against the golden vectors and the engine."""
