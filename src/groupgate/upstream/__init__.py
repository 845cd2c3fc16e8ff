"""How we speak HTTP to any vendor: one door out, memory for one request, pages of long lists."""
