"""What a transcript can be asked for with: every parameter of the API, checked before anything is sent."""
