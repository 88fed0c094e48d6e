"""What a document says: machine readable zone, barcodes, printed text, portrait. No file format
is decoded and no text is read outside a confined process; what is checked here is pure."""
