"""Operations: heartbeats, alerts and the pager."""
