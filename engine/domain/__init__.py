"""What the bot knows about trading, as frozen values and pure functions: nothing here waits, reads a clock or opens
a socket.
"""
