"""What editors do with articles and drafts, without any page."""
