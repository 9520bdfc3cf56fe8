"""The house rules as functions: each takes the root of a tree and returns its faults as sentences.

``test_rules.py`` runs them over this tree; ``test_planted_faults.py`` over copies with one fault each.
"""
