"""What an operator loads from CSV files: places, staff, rules and notices (docs/deploy.md)."""
