"""Training, evaluation and export. The only room that imports torch; the running kiosk never reaches it."""
