"""Validates YAML texts by a JSON Schema: reads {"schema": ..., "texts": [...]} from standard input, writes one line for each text: its first mistake, or nothing."""
import json
import sys

import jsonschema
import yaml

order = json.load(sys.stdin)
kind = jsonschema.validators.validator_for(order["schema"])
kind.check_schema(order["schema"])
validator = kind(order["schema"])
for text in order["texts"]:
    mistake = next(validator.iter_errors(yaml.safe_load(text)), None)
    print("" if mistake is None else " ".join(mistake.message.split())[:200])
