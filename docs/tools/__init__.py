"""What makes parts of the documentation: pages of the case library, and hooks of the site."""
