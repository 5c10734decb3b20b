"""`darkroom deadletters`: list, show and redrive."""
