"""What an environment costs a month at list prices: from what the program declares and a table of prices in this folder."""
