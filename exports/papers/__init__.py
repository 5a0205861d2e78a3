"""Papers that answer a request: decision, notice of appeal, letters, lists."""
