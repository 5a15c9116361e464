"""A field's trial as a page for the people who decide: Japanese with English beside it, fit to be printed."""
