"""The reference tariff: relativities fitted on a synthetic book by the plans beside this file, made by one command."""
