"""How the tables came to be as they are, step by step. Forward only: the way back is a backup."""
