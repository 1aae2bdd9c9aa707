"""The jobs family: 202 and a job."""
