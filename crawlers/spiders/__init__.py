"""The spiders: they find and fetch, and leave every decision to the modules beside this folder."""
