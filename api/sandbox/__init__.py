"""The sandbox over HTTP: a clock that tests advance."""
