"""The texts of consent, as the person reads them."""
