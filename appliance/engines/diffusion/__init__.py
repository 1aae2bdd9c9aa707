"""Making pictures with diffusers pipelines."""
