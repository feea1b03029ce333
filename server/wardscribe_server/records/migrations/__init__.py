"""The database's history, step by step. A step that was released is never changed."""
