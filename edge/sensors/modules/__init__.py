"""Ready-made radar modules: TinyFrame (LD6002, MR60), MR60FDA1, LD2410, LD2450; what they say and how they are set."""
