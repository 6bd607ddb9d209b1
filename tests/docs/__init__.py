"""The code blocks of the documents, run; the lists that documents repeat from the code, compared."""
