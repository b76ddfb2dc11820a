"""What open pages see live: bells of workers and stewards, one ear a web process, frames to sockets."""
