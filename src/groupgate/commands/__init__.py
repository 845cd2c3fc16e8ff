"""Mutations: validate the input, plan the writes, execute them."""
