"""The family's app: plain ES modules, styles and one page, served as they are (docs/adr/0023)."""
