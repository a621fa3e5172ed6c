"""What a module is probed with: ways to use its ports, the sizes that they ask for, values as plain lists."""
