"""The backend of e-card family services: a holder opens services for a relative."""
