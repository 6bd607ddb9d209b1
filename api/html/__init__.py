"""What all pages share: frame, language and translations, titles, citations, links."""
