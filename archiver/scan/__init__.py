"""Looks for malware in what came from outside: adapters of `archiver.core.ports.Scanner`."""
