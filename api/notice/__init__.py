"""监察通知书 the notice of a warning or card, for paper: as a page that prints, and as PDF/UA."""
