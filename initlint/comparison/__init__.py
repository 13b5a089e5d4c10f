"""Two versions of a project: where do their random streams part?"""
