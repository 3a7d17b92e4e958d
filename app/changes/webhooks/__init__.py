"""Webhooks: who is told of changes, of which, and what became of it.

What is told is what the public's feed shows, in the public's numbering, whoever
made the webhook: its receiver has no key.
"""
