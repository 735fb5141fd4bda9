"""One module a raw dataset; `SOURCES` in `prepare` lists them."""
