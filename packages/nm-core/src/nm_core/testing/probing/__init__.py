"""What a module is probed with: the ways to use its ports, the sizes that they ask for, values of them as plain lists."""
