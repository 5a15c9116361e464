"""What the eye of a field is worth: labelled pictures and clips in, figures with intervals and a page out."""
