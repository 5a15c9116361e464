"""Radars on TI mmWave chips: chirp files and their checks, the command port, packets, TLVs, point clouds."""
