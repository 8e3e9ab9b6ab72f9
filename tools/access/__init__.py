"""Who may look at an environment on Google Cloud and who may change it: the least that what it declares needs."""
