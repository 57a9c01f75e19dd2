"""How fast and how light the book is, and how it looks."""
