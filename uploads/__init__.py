"""Bytes in, stored file out: inspect, rebuild, encrypt, keep, let lapse. No HTTP, no SQL."""
