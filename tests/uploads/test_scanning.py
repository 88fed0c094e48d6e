"""Without a scanner nothing is called clean."""

from uploads.scanning import NoScanner, Scanner, Verdict


def test_no_scanner_says_that_nothing_was_scanned() -> None:
    scanner: Scanner = NoScanner()
    result = scanner.scan(b"X5O!P%@AP[4\\PZX54(P^)7CC)7}")
    assert (result.verdict, result.scanner) == (Verdict.NOT_SCANNED, "none")
