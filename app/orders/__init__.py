"""What was ordered, whether it was obeyed, what followed from what, and how far the record goes."""
