"""The editors' page, for who is signed in."""
