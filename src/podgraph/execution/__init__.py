"""How the graph is read: edges declared as data, loaded a level at a time."""
