"""Random module families whose truth is known by construction: model, truth, source text, strategies, execution."""
