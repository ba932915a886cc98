"""Author time: from the text of a rulebook to a program."""
