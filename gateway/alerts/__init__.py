"""From an event to people who answer: lifecycle and policy are pure, escalation carries them out."""
