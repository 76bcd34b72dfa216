"""Programs that run the reference tools, each as a process of its own."""
