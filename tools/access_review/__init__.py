"""Who may do what, as the program declares it: for those who review access, with what changed since they last did."""
