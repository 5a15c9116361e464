"""Bytes or frames in, typed readings out.

One package for each kind of sensor: in its ``settings`` the table of the site's file, in its ``sensor`` what is opened and
read (live or a replay), beside them the bytes and pictures of that kind. What all kinds share lies here.
"""
