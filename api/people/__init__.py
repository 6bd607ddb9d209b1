"""人员与授权 pages of people and programs: who holds which role, and the acts that change it."""
