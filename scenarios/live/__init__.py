"""What only a bot with play money needs: stand-ins for its exchanges that follow the real markets."""
