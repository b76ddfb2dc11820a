"""What runs the product: embedded servers, the launcher, health."""
