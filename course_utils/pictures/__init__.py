"""Pictures of your own: reading a folder of them, and finding the odd ones among them."""
