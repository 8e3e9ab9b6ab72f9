"""The documentation as a site: what MkDocs is told of this repository, and what the theme looks like."""
