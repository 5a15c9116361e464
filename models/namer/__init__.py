"""The second network: it names what a crop shows, from EfficientNet-Lite0 and a layer learnt on crops."""
