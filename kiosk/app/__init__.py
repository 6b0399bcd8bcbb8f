"""The composition root of the running kiosk: plugs the rooms together and starts them."""
