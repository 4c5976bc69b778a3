"""What builds and checks the project; not deployed, not used by the operators."""
