"""What open pages see live: bells from workers and stewards, one listener a web process, frames to sockets."""
