"""The shapes on the wire: `written` is what clients send, `read` what they get."""
