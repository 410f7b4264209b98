"""What the tests share: programs to run against, the guard on the network, async tests."""
