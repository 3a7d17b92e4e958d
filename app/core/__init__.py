"""What every package stands on and that knows nothing about cases."""
