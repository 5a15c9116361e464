"""From depth frames to the people in a room: floor, background, bodies. Pure but for OpenCV's picture operations."""
